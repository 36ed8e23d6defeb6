import { constants } from "node:os";
import type { CompositionProblem } from "../composition/composition-error.ts";
import { describeValue, mapping, oneOf, type Report, type Rule } from "../composition/option-rules.ts";
import { callable, probeRule, readinessRule, text, truth } from "./check-probe.ts";
import type { Injectable } from "./child-process-options.ts";

const words: Rule = (value, path, report) => {
  if (!Array.isArray(value)) {
    report(path, `must be an array of strings; it is ${kindOf(value)}`);
    return;
  }
  for (const [index, word] of value.entries()) secret(word, `${path}[${index}]`, report);
};

const variables: Rule = (value, path, report) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(path, `must be an object of strings; it is ${kindOf(value)}`);
    return;
  }
  for (const [name, variable] of Object.entries(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      const remedy = "Use letters, digits and underscores, and no digit first.";
      report(path, `has "${name}", which cannot be the name of an environment variable of a child process`, remedy);
    } else if (variable !== undefined) secret(variable, `${path}.${name}`, report);
  }
};

/** A value that is never told, only of what kind it is. */
function secret(value: unknown, path: string, report: Report): void {
  if (typeof value !== "string") report(path, `must be a string; it is ${kindOf(value)}`);
  // Node and the system would refuse it as well, but with the value in the error.
  else if (value.includes("\0")) report(path, "holds a zero byte", "Leave it out.");
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const signalName: Rule = (value, path, report) => {
  if (typeof value === "string" && Object.hasOwn(constants.signals, value)) return;
  report(path, `must be the name of a signal; it is ${describeValue(value)}`, "Name one as SIGTERM.");
};

const injectable: Readonly<Record<Injectable, Rule>> = {
  command: text,
  args: words,
  env: variables,
  cwd: text,
  ready: readinessRule,
  healthy: probeRule,
};

const rules: Readonly<Record<string, Rule>> = {
  ...injectable,
  inheritEnv: truth,
  stopSignal: signalName,
  exitZero: oneOf("failure", "done"),
  logLevel: callable,
  stateDirectory: text,
};

/**
 * What is wrong with settings, the values of `args` and `env` never told. Functions that give one have yet to be called: those
 * are right here, and what they give is checked when the component starts.
 *
 * @param who for messages, as in `component "etcd"`.
 * @param others options that are checked elsewhere.
 */
export function definedProblems(
  options: Readonly<Record<string, unknown>>,
  others: readonly string[],
  who: string,
): readonly CompositionProblem[] {
  const unlessFunction =
    (rule: Rule): Rule =>
    (value, path, report) => {
      if (typeof value !== "function") rule(value, path, report);
    };
  const fields = {
    ...Object.fromEntries(others.map((name) => [name, undefined])),
    ...rules,
    ...Object.fromEntries(Object.entries(injectable).map(([name, rule]) => [name, unlessFunction(rule)])),
  };
  return problemsOf(options, mapping(fields, ["command"]), who);
}

/** The same of settings that are all values. */
export function settingProblems(settings: object, who: string): readonly CompositionProblem[] {
  return problemsOf(settings, mapping(rules, ["command"]), who);
}

function problemsOf(settings: object, rule: Rule, who: string): readonly CompositionProblem[] {
  const problems: CompositionProblem[] = [];
  rule(settings, "", (path, message, remedy = "Correct it; docs/reference/components.md has what it may be.") => {
    problems.push({ code: "TENURE_BAD_OPTION", message: `${who}: ${path} ${message}`, remedy });
  });
  return problems;
}
