import { CycleLab } from "./cycle-lab.ts";
import { summarize } from "./cycle-summary.ts";
import { type CycleFigures, playCycle } from "./lease-cycle.ts";
import { planLosses } from "./loss.ts";

export interface CyclesOptions {
  readonly cycles: number;
  /** At least 2. */
  readonly candidates: number;
  /** In ms, whole seconds. */
  readonly leaseDuration: number;
  /** Of the order of the losses and of when in a renewal's period they fall; what the machine does besides is not replayed. */
  readonly seed: number;
  readonly say: (line: string) => void;
  /** What builds the control plane tells so here. Default: nobody listens. */
  readonly onProgress?: (line: string) => void;
}

/** Somebody must work again within this: a lease that runs out, and what a machine that does other things as well takes for a new process. */
export function patience(leaseDuration: number): number {
  return 5 * leaseDuration + 10_000;
}

/**
 * Loses and regains a lease as often as asked, one way after the other, and tells what it took.
 *
 * @throws at the first cycle in which two worked at once or nobody worked again, with the seed, the number of the cycle, and where the logs are.
 */
export async function playCycles(options: CyclesOptions): Promise<readonly CycleFigures[]> {
  const { cycles, candidates, leaseDuration, seed, say, onProgress } = options;
  const lab = await CycleLab.start({ candidates, leaseDuration, ...(onProgress && { say: onProgress }) });
  const figures: CycleFigures[] = [];
  let failed = true;
  try {
    for (const [index, loss] of planLosses(seed, cycles, leaseDuration).entries()) {
      try {
        figures.push(await playCycle(lab, loss, patience(leaseDuration)));
      } catch (cause) {
        const where = `cycle ${index + 1} of ${cycles} (${loss.kind}), seed ${seed}`;
        throw new Error(`${where}, logs in ${lab.directory}`, { cause });
      }
      if ((index + 1) % 50 === 0) say(`${index + 1} of ${cycles} cycles`);
    }
    failed = false;
    for (const line of summarize(figures)) say(line);
    const { acts, terms } = lab.acts;
    say(
      `${cycles} cycles, ${candidates} candidates, seed ${seed}: ${terms} terms, ${acts} acts, 0 overlaps; ${lab.outlived} processes ended themselves in time`,
    );
    return figures;
  } finally {
    await lab.stop(failed);
  }
}
