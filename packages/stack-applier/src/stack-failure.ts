import { describeError, TenureError, TermEndedError } from "@tenure/core";
import { describeReference, KubernetesError, referenceTo } from "@tenure/kubernetes";
import type { StackFailure, StackObject } from "./stack-source.ts";

/** What went wrong with one object, for people. @throws `error` itself when the term has ended: that is nobody's failure. */
export function failureOf({ object, origin }: StackObject, error: unknown): StackFailure {
  if (error instanceof TermEndedError) throw error;
  const known = error instanceof TenureError ? error : undefined;
  return {
    object: describeReference(referenceTo(object)),
    origin,
    code: known?.code ?? "STACK_UNEXPECTED",
    message: known instanceof KubernetesError ? withCauses(known) : describeError(error),
    remedy: remedyOf(known),
    transient: !(known instanceof KubernetesError) || known.kind === "transient" || known.kind === "unreachable",
  };
}

function withCauses(error: KubernetesError): string {
  const conflicts = error.causes.filter((cause) => cause.reason === "FieldManagerConflict");
  if (conflicts.length === 0) return error.message;
  const fields = conflicts.map((cause) => `${cause.field}: ${cause.message}`);
  return `others own fields of it: ${fields.join("; ")}`;
}

function remedyOf(error: TenureError | undefined): string {
  if (
    error instanceof KubernetesError &&
    error.causes.some((cause) => cause.field?.includes("applyset.kubernetes.io/part-of"))
  ) {
    return "Two stacks claim this object: remove it from one of them.";
  }
  if (error instanceof KubernetesError && error.kind === "conflict") {
    return "Let the other manager give the fields up, or remove them from the manifest.";
  }
  return error?.remedy ?? "See the message.";
}
