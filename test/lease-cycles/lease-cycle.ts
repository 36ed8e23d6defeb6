import { setTimeout as sleep } from "node:timers/promises";
import { type Life, monotonic } from "@tenure/testing";
import { eventually } from "../incident/eventually.ts";
import type { CandidateSeat, CycleLab } from "./cycle-lab.ts";
import type { Loss } from "./loss.ts";

/** What one cycle took, in ms. */
export interface CycleFigures {
  readonly kind: Loss["kind"];
  /** From the loss to the end of the leader's work; undefined: its process was killed, or could not know. */
  readonly toStopped: number | undefined;
  /** From the loss to the beginning of the next work, in whichever process. */
  readonly toWorksAgain: number;
  /** The leader had lost the lease by itself before. */
  readonly overtaken: boolean;
}

/**
 * One loss and regain: the leader that everybody has seen loses the lease, somebody works again, and what was harmed is mended.
 *
 * A process that is paused can neither act nor tell that it has stopped. Its right ends without it, so its life counts as over from the pause on, and what it
 * does when it goes on is judged by its acts: none is allowed any more.
 *
 * @throws when nobody works within `within` ms, or when the witnesses find two at once.
 */
export async function playCycle(lab: CycleLab, loss: Loss, within: number): Promise<CycleFigures> {
  const settled = async () => {
    await lab.refillEnded();
    return lab.settledLeader();
  };
  const leader = await eventually("one works, and all have seen it", settled, { within, every: 2 });
  const life = lab.recorder.living("leader").at(0);
  if (life === undefined) return await playCycle(lab, loss, within);
  await sleep(loss.after);
  const lostAt = monotonic();
  const mend = await harm(lab, leader, loss);
  const ended = loss.kind === "kill -9" || loss.kind === "clean stop" ? leader : undefined;
  const later = async () => {
    await lab.refillEnded(ended);
    return lab.recorder.lives.find(isLater(life));
  };
  const next = await eventually("somebody works again", later, { within, every: 2 });
  await mend(life);
  // Two processes tell over two connections: what came first may be heard last.
  await eventually("the one that has lost tells of its end", () => life.to, { within, every: 2 });
  const stopped = loss.kind === "kill -9" || loss.kind === "pause" ? undefined : life.to;
  const overlaps = lab.recorder.overlaps("leader");
  if (overlaps.length > 0) throw new Error(`two processes worked at once: ${JSON.stringify(overlaps)}`);
  const stale = lab.acts.stale();
  if (stale.length > 0) throw new Error(`a term acted after a later one had begun: ${JSON.stringify(stale)}`);
  const overtaken = (life.to ?? Number.POSITIVE_INFINITY) < lostAt && loss.kind !== "pause";
  return {
    kind: loss.kind,
    toStopped: stopped === undefined ? undefined : stopped - lostAt,
    toWorksAgain: next.from - lostAt,
    overtaken,
  };
}

function isLater(life: Life) {
  return (other: Life) => other.scope === life.scope && other.from > life.from;
}

/** @returns what mends it again, when somebody else works. */
async function harm(lab: CycleLab, seat: CandidateSeat, loss: Loss): Promise<(life: Life) => Promise<void>> {
  const { proxy, process } = seat;
  const heal = async () => proxy.heal();
  switch (loss.kind) {
    case "cut":
      proxy.cut();
      return heal;
    case "black hole":
      proxy.blackHole(loss.direction);
      return heal;
    case "stuck work":
      process.hangStop(lab.leaseName);
      proxy.blackHole(loss.direction);
      return heal;
    case "kill -9":
      await process.kill();
      return () => lab.refill(seat);
    case "clean stop":
      await process.stop();
      return () => lab.refill(seat);
    case "pause": {
      const pausedAt = monotonic();
      process.signal("SIGSTOP");
      return async (life) => {
        await sleep(loss.longer);
        process.signal("SIGCONT");
        await eventually("the one that was paused knows that it has lost", () => life.to, { within: 10_000, every: 2 });
        life.to = Math.min(life.to ?? pausedAt, pausedAt);
      };
    }
    case "yield":
      lab.yieldLease(seat, lab.leaseDuration / 2);
      // Until it is a candidate again: else the next loss could meet nobody who may take over.
      return () => sleep(lab.leaseDuration / 2);
    case "deleted":
      await lab.deleteLease();
      return async () => {};
    case "other holder":
      await lab.writeOtherHolder();
      return async () => {};
  }
}
