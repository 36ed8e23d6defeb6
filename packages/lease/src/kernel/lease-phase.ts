/**
 * ```
 *            ┌────────────────────────────────────────────────────────────────┐
 *            ▼                                                                │
 * withdrawn ──▶ standby ──▶ acquiring ──▶ held ◀──▶ renewing-late             │
 *    ▲            ▲  ▲          │          │             │                    │
 *    │            │  └──────────┤          ├─────────────┤                    │
 *    │            │             │          ▼             ▼                    │
 *    │            │             │       draining ──▶ released ──▶ cooling-down ┘
 *    │            │             ▼          │                         ▲
 *    │            │            lost ◀──────┘ (and from held, late)   │
 *    └────────────┴───────────── └───────────────────────────────────┘
 * ```
 * docs/reference/lease.md draws the same; a test compares it with `transitions`.
 */
export type LeasePhase =
  | "withdrawn"
  | "standby"
  | "acquiring"
  | "held"
  | "renewing-late"
  | "draining"
  | "released"
  | "lost"
  | "cooling-down";

export const transitions: Readonly<Record<LeasePhase, readonly LeasePhase[]>> = {
  withdrawn: ["standby"],
  standby: ["acquiring", "withdrawn"],
  acquiring: ["held", "standby", "draining", "lost"],
  held: ["renewing-late", "draining", "lost"],
  "renewing-late": ["held", "draining", "lost"],
  draining: ["released", "lost"],
  released: ["cooling-down"],
  lost: ["cooling-down"],
  "cooling-down": ["standby", "withdrawn"],
};
