import { counted } from "../text/counted.ts";
import { requestStop } from "./component-rules.ts";
import { reason } from "./reason.ts";
import type { ComponentRecord } from "./record.ts";
import { setPhase, setTimer, type Turn } from "./turn.ts";

/** The next check begins an interval after the last one ended, so that a slow check never meets itself. */
export function scheduleHealth(turn: Turn, record: ComponentRecord): void {
  if (record.checksHealth) setTimer(turn, record, turn.now + record.policy.healthInterval);
}

/** Either a check is due, or the one under way has taken too long. */
export function healthTimer(turn: Turn, record: ComponentRecord): void {
  if (record.checking) {
    healthAnswered(turn, record, false, `its health check did not answer within ${record.policy.healthTimeout} ms`);
    return;
  }
  record.checking = true;
  setTimer(turn, record, turn.now + record.policy.healthTimeout);
  turn.commands.push({ type: "check-health", component: record.name, instance: record.instance });
}

export function healthAnswered(turn: Turn, record: ComponentRecord, ok: boolean, detail: string | undefined): void {
  if (!record.checking || (record.phase !== "running" && record.phase !== "degraded")) return;
  record.checking = false;
  record.healthDetail = detail;
  if (ok) {
    record.healthFailures = 0;
    if (record.phase === "degraded") setPhase(turn, record, "running", reason("healthy", "is healthy again"));
    scheduleHealth(turn, record);
    return;
  }
  record.healthFailures++;
  const text = detail ?? "says that it is not healthy";
  if (record.healthFailures >= record.policy.healthThreshold) {
    const why = reason("unhealthy", `not healthy ${counted(record.healthFailures, "time")} in a row: ${text}`);
    record.lastError = why.text;
    requestStop(turn, record, why, { kind: "failure", reason: why });
    return;
  }
  if (record.phase === "running") setPhase(turn, record, "degraded", reason("unhealthy", text));
  scheduleHealth(turn, record);
}
