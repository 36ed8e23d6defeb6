/** What is known of one parameter of a constructor. */
export interface Parameter {
  readonly index: number;
  /** As in the source; undefined when that cannot be told. */
  readonly name: string | undefined;
  /** Of `@inject`: a name, or a class. Undefined: there is none. */
  readonly token: unknown;
  readonly optional: boolean;
  /** `@injectAll`. */
  readonly all: boolean;
  /** `@injectWithTransform` and the like. */
  readonly transformed: boolean;
  /** What the tool chain has emitted as its type; undefined when the type was not there yet. */
  readonly type: unknown;
  /** The tool chain has emitted types at all. */
  readonly hasType: boolean;
}

type Class = abstract new (...args: never[]) => object;

// The keys of the compilers, and of tsyringe.
const typesKey = "design:paramtypes";
const tokensKey = "injectionTokens";

/** Of the class itself, or of the nearest one above it that has a constructor of its own. */
export function constructorParameters(target: Class): readonly Parameter[] {
  const owner = ownerOfConstructor(target);
  const types = Reflect.getOwnMetadata(typesKey, owner) as readonly unknown[] | undefined;
  const tokens = (Reflect.getOwnMetadata(tokensKey, owner) ?? {}) as Readonly<Record<number, unknown>>;
  const names = parameterNames(owner);
  const count = Math.max(owner.length, types?.length ?? 0, ...Object.keys(tokens).map((index) => Number(index) + 1));
  return Array.from({ length: count }, (_, index) => {
    const given = tokens[index];
    const descriptor = (typeof given === "object" && given !== null ? given : {}) as Readonly<Record<string, unknown>>;
    return {
      index,
      name: names[index],
      token: "token" in descriptor ? descriptor.token : given,
      optional: descriptor.isOptional === true,
      all: descriptor.multiple === true,
      transformed: "transform" in descriptor,
      type: types?.[index],
      hasType: types !== undefined,
    };
  });
}

function ownerOfConstructor(target: Class): Class {
  let owner = target;
  while (owner.length === 0 && !Reflect.hasOwnMetadata(typesKey, owner) && !Reflect.hasOwnMetadata(tokensKey, owner)) {
    const above: unknown = Object.getPrototypeOf(owner);
    if (typeof above !== "function" || above === Function.prototype) return target;
    owner = above as Class;
  }
  return owner;
}

/** For messages only: what cannot be read is left out. */
function parameterNames(owner: Class): readonly (string | undefined)[] {
  const list = /\bconstructor\s*\(([^)]*)\)/.exec(String(owner))?.[1] ?? "";
  return list.split(",").map((parameter) => /^\s*(?:\.\.\.)?([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(parameter)?.[1]);
}
