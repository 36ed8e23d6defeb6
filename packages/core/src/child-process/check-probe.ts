import { isRegExp } from "node:util/types";
import { describeValue, flagOr, mapping, milliseconds, type Report, type Rule } from "../composition/option-rules.ts";

/** The check of an option that is `true` or `false`. */
export const truth = flagOr((value, path, report) => {
  report(path, `must be true or false; it is ${describeValue(value)}`);
});

export const callable: Rule = (value, path, report) => {
  if (typeof value !== "function") report(path, `must be a function; it is ${describeValue(value)}`);
};

export const text: Rule = (value, path, report) => {
  if (typeof value !== "string" || value === "") {
    report(path, `must be a string that is not empty; it is ${describeValue(value)}`);
  } else if (value.includes("\0")) report(path, "holds a zero byte", "Leave it out.");
};

const port: Rule = (value, path, report) => {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535) return;
  report(path, `must be a port, from 1 to 65535; it is ${describeValue(value)}`);
};

const endpoint: Rule = (value, path, report) => {
  if (typeof value !== "object" || value === null) port(value, path, report);
  else mapping({ host: text, port }, ["port"])(value, path, report);
};

const webAddress: Rule = (value, path, report) => {
  const given = value instanceof URL ? value.href : value;
  const protocol = typeof given === "string" && URL.canParse(given) ? new URL(given).protocol : undefined;
  if (protocol === "http:" || protocol === "https:") return;
  // A whole address may hold a password.
  const is = protocol === undefined ? describeValue(value) : `one of ${protocol}`;
  report(path, `must be an address of http: or https:; it is ${is}`);
};

const pattern: Rule = (value, path, report) => {
  if (!isRegExp(value)) report(path, `must be a regular expression; it is ${describeValue(value)}`);
};

const timeout = milliseconds(1);
const tls = mapping({ ca: undefined, cert: undefined, key: undefined, servername: text, rejectUnauthorized: truth });

/** An instance of a class has fields of its own, which are no options. */
const functionProbe: Rule = (value, path, report) => {
  const { probe, timeout: limit } = value as { readonly probe?: unknown; readonly timeout?: unknown };
  if (isPlain(value)) return mapping({ probe: callable, timeout }, ["probe"])(value, path, report);
  callable(probe, `${path}.probe`, report);
  if (limit !== undefined) timeout(limit, `${path}.timeout`, report);
};

const probes: Readonly<Record<string, Rule>> = {
  tcp: mapping({ tcp: endpoint, timeout }, ["tcp"]),
  http: mapping({ http: webAddress, tls, timeout }, ["http"]),
  probe: functionProbe,
};

/** The check of `healthy`. */
export const probeRule = oneWay(
  {
    ...probes,
    output: (_value, path, report) => {
      const message = "is for `ready` only, as what it wrote once does not tell how it is now";
      report(`${path}.output`, message, "Use tcp, http or probe.");
    },
  },
  "must be an object with one of tcp, http, probe",
);

const startRule = oneWay(
  { ...probes, output: mapping({ output: pattern }, ["output"]) },
  'must be "at-once" or an object with one of output, tcp, http, probe',
);

/** The check of `ready`. */
export const readinessRule: Rule = (value, path, report) => {
  if (value !== "at-once") startRule(value, path, report);
};

/** @param ways by the option that tells which of them it is; exactly one must be given. */
function oneWay(ways: Readonly<Record<string, Rule>>, must: string): Rule {
  const names = Object.keys(ways);
  const known = mapping(Object.fromEntries([...names, "tls", "timeout"].map((name) => [name, undefined])));
  return (value, path, report) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      report(path, `${must}; it is ${describeValue(value)}`);
      return;
    }
    const given = names.filter((name) => name in value);
    const [way] = given;
    if (way === undefined) {
      let misspelt = false;
      known(value, path, (...problem: Parameters<Report>) => {
        misspelt = true;
        report(...problem);
      });
      if (!misspelt) report(path, `${must}; it has none of them`);
    } else if (given.length > 1) report(path, `${must}; it has ${given.join(" and ")}`);
    else ways[way]?.(value, path, report);
  };
}

function isPlain(value: unknown): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
