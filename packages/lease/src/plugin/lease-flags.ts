import { TenureError } from "@tenure/core";

/** Names by the convention of Kubernetes' own controllers. */
const options: Readonly<Record<string, LeaseFlag>> = {
  "leader-elect-lease-duration": "leaseDuration",
  "leader-elect-renew-deadline": "renewDeadline",
  "leader-elect-retry-period": "retryPeriod",
  "leader-elect-resource-name": "resourceName",
  "leader-elect-resource-namespace": "namespace",
};

export type LeaseFlag = "leaseDuration" | "renewDeadline" | "retryPeriod" | "resourceName" | "namespace";

export interface LeaseFlags {
  /** To be merged into the section `lease` of the configuration, whose schema checks the values. */
  readonly section: { readonly [K in LeaseFlag]?: string };
  /** The arguments that are none of these flags, in their order. */
  readonly rest: readonly string[];
}

/**
 * Takes `--leader-elect-…` out of a command line, as `--flag value` or `--flag=value`. The last of several of one name counts. After `--` nothing
 * is taken.
 *
 * @throws TenureError `LEASE_BAD_FLAG` for a flag without a value, `--leader-elect=false`, a lock that is no Lease, and a `--leader-elect-…` that does
 * not exist.
 */
export function leaseFlags(args: readonly string[]): LeaseFlags {
  const section: Partial<Record<LeaseFlag, string>> = {};
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    if (argument === "--") return { section, rest: [...rest, ...args.slice(index)] };
    const [, name, given] = /^--(leader-elect(?:-[^=]*)?)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) rest.push(argument);
    else if (name === "leader-elect") checkElects(given);
    else {
      const value = given ?? args[++index];
      if (value === undefined || value === "") throw bad(`--${name} has no value`, `Write --${name}=VALUE.`);
      const option = options[name];
      if (option !== undefined) section[option] = value;
      else checkLock(name, value);
    }
  }
  return { section, rest };
}

function checkElects(value: string | undefined): void {
  if (value === undefined || value === "true") return;
  throw bad(
    `--leader-elect=${value}: a controller without an election is another composition`,
    "Leave the flag out, or compose the controller with singleNodeLease() in the place of kubernetesLease().",
  );
}

function checkLock(name: string, value: string): void {
  if (name === "leader-elect-resource-lock") {
    if (value === "leases") return;
    throw bad(`--${name}=${value}: only Leases are supported`, `Write --${name}=leases, or leave it out.`);
  }
  throw bad(
    `--${name} is not a flag`,
    `Use one of ${Object.keys(options)
      .map((flag) => `--${flag}`)
      .join(", ")}.`,
  );
}

function bad(message: string, remedy: string): TenureError {
  return new TenureError(message, { code: "LEASE_BAD_FLAG", remedy });
}
