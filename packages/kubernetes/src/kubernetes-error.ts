import { TenureError } from "@tenure/core";

export type KubernetesErrorCode =
  | "KUBE_UNREACHABLE"
  | "KUBE_TIMEOUT"
  | "KUBE_ABORTED"
  | "KUBE_UNAUTHORIZED"
  | "KUBE_FORBIDDEN"
  | "KUBE_NOT_FOUND"
  | "KUBE_CONFLICT"
  | "KUBE_INVALID"
  | "KUBE_THROTTLED"
  | "KUBE_SERVER_ERROR"
  | "KUBE_GONE"
  | "KUBE_UNKNOWN_KIND"
  | "KUBE_CONFIG_INVALID";

/**
 * What can be expected of a second try: `transient` may succeed by itself, `permanent` needs a change of the request or of permissions,
 * `conflict` needs a look at what is there, `unreachable` means that no answer came and, for a write, that it may have been done.
 */
export type FailureKind = "permanent" | "transient" | "conflict" | "unreachable";

/** A cause as the server lists it: for a conflict of field managers, the field and, in the message, the manager. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export class KubernetesError extends TenureError {
  declare readonly code: KubernetesErrorCode;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** The server's, as `Conflict` or `AlreadyExists`. */
  readonly reason: string | undefined;
  readonly kind: FailureKind;
  readonly causes: readonly StatusCause[];
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    options: {
      readonly code: KubernetesErrorCode;
      readonly kind: FailureKind;
      readonly remedy: string;
      readonly status?: number;
      readonly reason?: string;
      readonly causes?: readonly StatusCause[];
      readonly retryAfter?: number;
      readonly cause?: unknown;
    },
  ) {
    super(message, options);
    this.kind = options.kind;
    this.status = options.status;
    this.reason = options.reason;
    this.causes = options.causes ?? [];
    this.retryAfter = options.retryAfter;
  }
}

/** The body of an error, a `Status` object. */
export interface StatusBody {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly StatusCause[]; readonly retryAfterSeconds?: number };
}

/**
 * Classifies an answer. The special cases were measured on kube-apiserver 1.36: an unknown field under server-side apply is a 500,
 * and stays one; a create in a namespace that is being deleted is a 403, and passes.
 *
 * @param what the call in words, without any content: `apply of Secret default/a`.
 * @param options.secret what was written is secret: the server's words are kept out of the error.
 */
export function errorOfStatus(
  what: string,
  status: number,
  body: StatusBody,
  options: { readonly retryAfter?: string | undefined; readonly secret?: boolean } = {},
): KubernetesError {
  const message = body.message ?? `status ${status}`;
  const verdict = classify(status, body, message);
  const seconds = Number(options.retryAfter ?? body.details?.retryAfterSeconds);
  const causes = options.secret ? body.details?.causes?.map(withoutContent) : body.details?.causes;
  return new KubernetesError(`${what}: ${options.secret ? leftOut(body.reason) : message}`, {
    ...verdict,
    status,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(causes === undefined ? {} : { causes }),
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfter: seconds * 1_000 } : {}),
  });
}

/** A refusal quotes what was refused: of a Secret, only the reason and the names of fields are passed on. */
function leftOut(reason: string | undefined): string {
  return `refused${reason === undefined ? "" : ` (${reason})`}; the server's message is left out, since it may quote the Secret`;
}

function withoutContent({ reason, field }: StatusCause): StatusCause {
  return { ...(reason && { reason }), ...(field && { field }) };
}

function classify(
  status: number,
  body: StatusBody,
  message: string,
): { readonly code: KubernetesErrorCode; readonly kind: FailureKind; readonly remedy: string } {
  switch (status) {
    case 401:
      return {
        code: "KUBE_UNAUTHORIZED",
        kind: "permanent",
        remedy: "Give credentials that the API server accepts: see the user of the kubeconfig's current context.",
      };
    case 403:
      if (/because it is being terminated/.test(message)) {
        return {
          code: "KUBE_FORBIDDEN",
          kind: "transient",
          remedy: "Wait until the namespace is gone; it is made again then.",
        };
      }
      return {
        code: "KUBE_FORBIDDEN",
        kind: "permanent",
        remedy: "Grant the permission that the message names, by RBAC.",
      };
    case 404:
      return {
        code: "KUBE_NOT_FOUND",
        kind: "transient",
        remedy: "Create what the message names, or its namespace, first.",
      };
    case 409:
      return { code: "KUBE_CONFLICT", kind: "conflict", remedy: "Read the object again and decide by what is there." };
    case 410:
      return { code: "KUBE_GONE", kind: "transient", remedy: "List again and watch from there." };
    case 429:
      return {
        code: "KUBE_THROTTLED",
        kind: "transient",
        remedy: "Try again after the time that the server asks for.",
      };
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return { code: "KUBE_INVALID", kind: "permanent", remedy: "Correct what the message names in the object." };
  }
  if (status === 500 && /field not declared in schema|failed to create typed patch object/.test(message)) {
    return { code: "KUBE_INVALID", kind: "permanent", remedy: "Remove or correct the field that the message names." };
  }
  return {
    code: "KUBE_SERVER_ERROR",
    kind: status >= 500 ? "transient" : "permanent",
    remedy: body.reason === "ServiceUnavailable" ? "Wait until the API server is ready." : "See the API server's log.",
  };
}
