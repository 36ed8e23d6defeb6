import type { Phase } from "../kernel/phase.ts";

/** Fill and border of a node; black text is readable on each fill. */
export const phaseColours: Readonly<Record<Phase, { readonly fill: string; readonly border: string }>> = {
  idle: { fill: "#e9ecef", border: "#868e96" },
  waiting: { fill: "#fff3bf", border: "#f08c00" },
  starting: { fill: "#d0ebff", border: "#1971c2" },
  running: { fill: "#d3f9d8", border: "#2f9e44" },
  degraded: { fill: "#ffe8cc", border: "#e8590c" },
  stopping: { fill: "#e5dbff", border: "#6741d9" },
  backoff: { fill: "#ffd8a8", border: "#d9480f" },
  failed: { fill: "#ffc9c9", border: "#e03131" },
  stuck: { fill: "#ff8787", border: "#c92a2a" },
};
