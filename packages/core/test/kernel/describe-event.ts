import type { KernelEvent } from "../../src/kernel/event.ts";

/** In a few words, as in `crashed b` or `timer a (outage)`. */
export function describeEvent(event: KernelEvent | undefined): string {
  if (event === undefined) return "nothing";
  if (event.type === "timer") return `timer ${event.component}${event.timer === "outage" ? " (outage)" : ""}`;
  if (event.type === "health") return `${event.ok ? "healthy" : "not healthy"} ${event.component}`;
  if ("component" in event) return `${event.type} ${event.component}`;
  if ("lease" in event) return `${event.type} ${event.lease}`;
  return event.type;
}
