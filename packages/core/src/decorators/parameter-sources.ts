import { container as root } from "tsyringe";
import type { CompositionProblem } from "../composition/composition-error.ts";
import { didYouMean } from "../composition/near-names.ts";
import type { ComponentClass } from "./component-decorator.ts";
import type { Parameter } from "./constructor-parameters.ts";
import { clockToken, configToken, termToken } from "./inject.ts";

/** Where the value of a parameter comes from. */
export type ParameterSource =
  | { readonly from: "needs" | "wants" | "scope"; readonly token: string }
  /** A class or token of tsyringe's own, resolved in the container of the instance. */
  | { readonly from: "container"; readonly parameter: Parameter };

/** What a class declares, by the names of the tokens and by the classes that were named. */
export interface Declared {
  readonly needs: ReadonlyMap<unknown, string>;
  readonly wants: ReadonlyMap<unknown, string>;
  readonly hasConfig: boolean;
}

/** What cannot be injected by its type: everything that compilers emit for what is no class of the program. */
const notInjectable = new Set<unknown>([
  Object,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Array,
  Function,
  Promise,
  Map,
  Set,
]);

/** @returns where the parameter's value comes from, or what is wrong with it. */
export function sourceOf(
  target: ComponentClass,
  parameter: Parameter,
  declared: Declared,
  componentName: (candidate: unknown) => string | undefined,
): ParameterSource | CompositionProblem {
  const where = `class ${target.name}: parameter ${parameter.index + 1}${parameter.name === undefined ? "" : ` (${parameter.name})`} of its constructor`;
  const byToken = parameter.token !== undefined;
  const what = byToken ? parameter.token : parameter.type;
  if (!byToken) {
    const problem = typeProblem(where, parameter);
    if (problem !== undefined) return problem;
  }
  const needed = declared.needs.get(what);
  if (needed !== undefined) return { from: "needs", token: needed };
  const wanted = declared.wants.get(what);
  if (wanted !== undefined) {
    if (byToken) return { from: "wants", token: wanted };
    const name = (what as ComponentClass).name;
    return wrong(
      `${where} is a ${name}, which is among its wants, and would be given a live reference to one`,
      `Write @inject(${name}) ${parameter.name ?? "it"}: LiveReference<${name}>, or move it to its needs.`,
    );
  }
  if (what === termToken.name || what === clockToken.name) return { from: "scope", token: what };
  if (what === configToken.name) {
    if (declared.hasConfig) return { from: "scope", token: configToken.name };
    return wrong(
      `${where} is its configuration, which it was not given`,
      `Give it: definitionOf(${target.name}, { config }).`,
    );
  }
  const component = componentName(what);
  if (component !== undefined) {
    return wrong(
      `${where} is the component "${component}", which is not among its needs`,
      "Add the class to its needs.",
    );
  }
  if (parameter.transformed) {
    return wrong(
      `${where} has a transformation of tsyringe's, which is not supported here`,
      "Transform it in the constructor.",
    );
  }
  const isKnown = typeof what === "function" || parameter.optional || root.isRegistered(what as string);
  if (isKnown || typeof what === "object") return { from: "container", parameter };
  const names = [...declared.needs.values(), ...declared.wants.values()];
  return wrong(
    `${where} is to be given "${String(what)}", which is neither among its needs and wants nor registered with tsyringe${didYouMean(String(what), names)}`,
    "Add the token to its needs.",
  );
}

function typeProblem(where: string, parameter: Parameter): CompositionProblem | undefined {
  const problem = (message: string, remedy: string): CompositionProblem => ({
    code: "TENURE_NO_METADATA",
    message: `${where} ${message}`,
    remedy,
  });
  if (!parameter.hasType) {
    return problem(
      "has no type at run time: this tool chain emits no metadata of decorators",
      "Use one that does (tsc with emitDecoratorMetadata, oxc, swc; tsx, esbuild and Node's type stripping do not), name the parameter by @inject(token), or use defineComponent.",
    );
  }
  if (parameter.type === undefined) {
    return problem(
      "has a class that was not there yet when it was named",
      "Look for modules that import each other in a circle.",
    );
  }
  if (!notInjectable.has(parameter.type)) return undefined;
  const type = parameter.type as { readonly name: string };
  return type === Object
    ? problem(
        "has no class at run time: its type is an interface, or is imported by `import type`",
        "Import the class without `type`, or name the parameter by @inject(token).",
      )
    : problem(`is of type ${type.name}, which says nothing of what to inject`, "Name the parameter by @inject(token).");
}

function wrong(message: string, remedy: string): CompositionProblem {
  return { code: "TENURE_BAD_OPTION", message, remedy };
}
