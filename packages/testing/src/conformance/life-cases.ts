import { setTimeout as sleep } from "node:timers/promises";
import { describeError, type Health } from "@tenure/core";
import { settled } from "../virtual-clock.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { within } from "./within.ts";

/** @returns of every case: undefined when it has passed, else why it does not apply. */
export async function starts(rehearsal: Rehearsal): Promise<undefined> {
  await rehearsal.start();
}

export async function stopsWithinItsDeadline(rehearsal: Rehearsal): Promise<undefined> {
  const life = await rehearsal.start();
  await rehearsal.end(life);
}

/** At once, one turn of the event loop later, and after half of the time that a start takes, in a life each. */
export async function endsInTheMiddleOfItsStart(rehearsal: Rehearsal): Promise<undefined> {
  const { stage } = rehearsal;
  const whole = await rehearsal.start();
  const took = (whole.start.settledAt ?? 0) - (whole.start.calledAt ?? 0);
  await rehearsal.end(whole);
  const moments = [() => undefined, settled, ...(took < 2 ? [] : [() => sleep(took / 2)])];
  for (const moment of moments) {
    const life = await stage.begin();
    await moment();
    stage.end("drain");
    await rehearsal.ended(life, ", asked in the middle of its start");
  }
}

export async function stopsAfterAFailedStart(rehearsal: Rehearsal): Promise<string | undefined> {
  const { stage, options } = rehearsal;
  const undo = options.failStart?.();
  stage.needsFail = options.failStart === undefined;
  try {
    const life = await stage.begin().catch(() => undefined);
    if (life === undefined) return "its `create` uses what it needs, so that there is no instance to stop";
    await within(life.start.settled, life.definition.policy.startTimeout);
    if (life.run.calledAt !== undefined) await within(life.run.settled, 100);
    const failed = life.start.error ?? life.run.error;
    stage.end("drain");
    await rehearsal.ended(life, failed === undefined ? "" : ` after its start had failed (${describeError(failed)})`);
    if (failed !== undefined) return undefined;
    return "its start does not fail when what it needs does; give `failStart` to have it fail otherwise";
  } finally {
    undo?.();
  }
}

export async function startsAgainAsAFreshInstance(rehearsal: Rehearsal): Promise<undefined> {
  const seen: unknown[] = [];
  for (const how of ["drain", "take", "drain"] as const) {
    const life = await rehearsal.start();
    if (seen.includes(life.instance)) {
      throw rehearsal.error("TENURE_CONFORMANCE_INSTANCE", "is made once and handed out again by `create`", {
        remedy: "Make a new object in every call of `create`.",
      });
    }
    seen.push(life.instance);
    await rehearsal.end(life, how);
  }
}

export async function answersForItsHealth(rehearsal: Rehearsal): Promise<string | undefined> {
  const life = await rehearsal.start();
  const { healthTimeout } = life.definition.policy;
  if (life.instance.healthy === undefined) return "it has no `healthy`";
  const ask = async () => rehearsal.stage.tracker.run(() => life.instance.healthy?.());
  // Throwing is an answer as well: it counts as not healthy.
  const answer = await within(
    ask().then(
      (health) => ({ health }),
      () => ({ health: false }),
    ),
    healthTimeout,
  );
  if (answer === undefined) {
    throw rehearsal.error("TENURE_CONFORMANCE_HEALTH", `did not answer for its health within ${healthTimeout} ms`, {
      remedy: "Give what `healthy` asks a deadline of its own, or declare a longer `health.timeout`.",
    });
  }
  if (isHealth(answer.health)) return undefined;
  throw rehearsal.error("TENURE_CONFORMANCE_HEALTH", `answered ${JSON.stringify(answer.health)} for its health`, {
    remedy: "Answer with a boolean or `{ ok, detail }`.",
  });
}

function isHealth(answer: unknown): answer is Health | boolean {
  if (typeof answer === "boolean") return true;
  return typeof answer === "object" && answer !== null && "ok" in answer && typeof answer.ok === "boolean";
}
