import type { Answer, Contestant } from "./contestant.ts";
import type { Measure } from "./measures.ts";

/** What was measured of a contestant for one measure, run by run; nothing: `cannot` says why. */
export interface Figures {
  readonly runs: number[][];
  cannot?: string;
}

/** Before figures count, code is compiled: so many tries, or so many ms of them. */
const warmUp = { tries: 15, time: 2_000 };
const measured = { tries: 7, time: 2_000 };
/** A try that takes this long, in ms, is warmed up by itself, and is the only one of its run. */
const slow = 1_000;

/**
 * One measure of one run, of all contestants: each is warmed up, then they take turns, figure by figure, so that whatever else the machine
 * does meanwhile falls on all of them.
 */
export async function takeTurns(
  { scenario, request }: Measure,
  contestants: readonly { readonly contestant: Contestant; readonly figures: Figures }[],
): Promise<void> {
  const turns: { readonly contestant: Contestant; readonly figures: Figures; left: number; spent: number }[] = [];
  for (const { contestant, figures } of contestants) {
    const begun = performance.now();
    let over = false;
    for (let tries = 0; !over && tries < warmUp.tries && performance.now() - begun < warmUp.time; tries++) {
      const asked = performance.now();
      const answer = await contestant.ask(scenario, request);
      over = answer.cannot !== undefined || performance.now() - asked > slow;
      if (over) note(figures, answer);
    }
    if (!over) turns.push({ contestant, figures, left: measured.tries, spent: 0 });
  }
  while (turns.some((turn) => turn.left > 0)) {
    for (const turn of turns.filter(({ left }) => left > 0)) {
      const begun = performance.now();
      note(turn.figures, await turn.contestant.ask(scenario, request));
      turn.spent += performance.now() - begun;
      turn.left = turn.spent > measured.time ? 0 : turn.left - 1;
    }
  }
}

export function note(figures: Figures, answer: Answer): void {
  if (answer.value === undefined) figures.cannot = answer.cannot;
  else figures.runs.at(-1)?.push(answer.value);
}
