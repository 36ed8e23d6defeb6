/**
 * Names something that a component provides and others need, together with its type. Two tokens of one name are the same
 * token, so that packages that were installed twice still meet.
 */
export interface Token<T> {
  readonly name: string;
  /** Carries the type only; never present at run time. */
  readonly $type?: T;
}

/** @param name unique in a composition; by convention `<package>.<thing>`, as in `stack-applier.stacks`. */
export function createToken<T>(name: string): Token<T> {
  return Object.freeze({ name });
}

/** What a need may be written as: a token, or the definition of the component itself (its name is its token). */
export type Needs = Readonly<Record<string, Token<unknown>>>;

/** Of a component that declares none: one object for all of them, which can be told without looking inside. */
export const noNeeds: Needs = Object.freeze({});

/** What `create` receives for its needs. */
export type Resolved<N extends Needs> = { readonly [K in keyof N]: N[K] extends Token<infer T> ? T : never };

/** A soft dependency: empty while its provider does not run. Never keep what `current` gave; ask again. */
export interface LiveReference<T> {
  readonly current: T | undefined;
  /**
   * Calls `listener` whenever `current` has become something else: filled, emptied, or another instance. Ends with the instance that
   * received the reference, or by the function that it returns; a second call of that does nothing.
   */
  subscribe(listener: (current: T | undefined) => void): () => void;
}

/** What `create` receives for its wants. */
export type LiveReferences<W extends Needs> = {
  readonly [K in keyof W]: W[K] extends Token<infer T> ? LiveReference<T> : never;
};
