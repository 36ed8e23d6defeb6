import { inject as injectByName } from "tsyringe";
import type { Clock } from "../clock/clock.ts";
import { createToken, type Token } from "../component/token.ts";
import type { Term } from "../term/term.ts";

/** The term for which the instance is made. */
export const termToken: Token<Term> = createToken("tenure.term");
/** The clock of the controller, virtual in tests. */
export const clockToken: Token<Clock> = createToken("tenure.clock");
/** What `definitionOf` was given as `config`. */
export const configToken: Token<unknown> = createToken("tenure.config");

/**
 * Says what a parameter of a constructor is given, where its class does not: a token, or a class that is among `wants`. It must be among the
 * component's `needs` or `wants`, be one of the tokens above, or be registered with tsyringe.
 */
export function inject(
  what: Token<unknown> | (new (...args: never[]) => object) | string | symbol,
): ParameterDecorator {
  const token = typeof what === "object" ? what.name : what;
  return injectByName(token as string) as ParameterDecorator;
}
