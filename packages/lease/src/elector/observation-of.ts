import type { LeaseObservation } from "@tenure/core";
import type { LeaseCommand } from "../kernel/lease-command.ts";
import type { LeaseState } from "../kernel/lease-state.ts";

type Telling = Extract<
  LeaseCommand,
  { type: "transition" | "holder-changed" | "renewed" | "trouble" | "trouble-over" }
>;

/** What the kernel tells, for logs and for programs: `fields.event` says which it is. docs/reference/lease.md lists them. */
export function observationOf(command: Telling, state: LeaseState): LeaseObservation {
  switch (command.type) {
    case "transition": {
      const { from, to, reason } = command;
      return {
        level: to === "lost" || to === "renewing-late" ? "warn" : "debug",
        message: `${to}: ${reason}`,
        fields: { event: "transition", from, to, reason, ...holderOf(state) },
      };
    }
    case "holder-changed": {
      const { from, to } = command;
      return {
        level: "info",
        message: to === "" ? `released by "${from}"` : `held by "${to}"`,
        fields: { event: "holder-changed", from, ...holderOf(state) },
      };
    }
    case "renewed": {
      const { number, latency, margin } = command;
      return {
        level: "debug",
        message: `renewed within ${Math.round(latency)} ms, ${Math.round(margin)} ms before it would have been too late`,
        fields: { event: "renewed", number, latency, margin, ...holderOf(state) },
      };
    }
    case "trouble":
      return { level: "warn", message: command.error, fields: { event: "trouble" } };
    case "trouble-over":
      return { level: "info", message: `works again after: ${command.error}`, fields: { event: "trouble-over" } };
  }
}

/** As the newest record that was seen has it; no holder: released, or no Lease. */
function holderOf({ seen }: LeaseState): { readonly holder: string; readonly token: number } {
  if (seen === undefined || seen === "absent") return { holder: "", token: 0 };
  return { holder: seen.holder, token: seen.token };
}
