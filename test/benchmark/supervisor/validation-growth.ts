import { Contestant } from "./contestant.ts";
import { nodeCommand } from "./peers.ts";
import type { Request } from "./serve.ts";

/** Of each size the first figures warm up; of the others the smallest counts, which is the least disturbed. */
const tries = { warmUp: 15, measured: 15 };

/** The exponent by which the time of validation grows with the size: 1 is linear, 2 is quadratic. */
export async function growthOfValidation(requests: readonly Request[]): Promise<number> {
  await using contestant = new Contestant(nodeCommand("tenure.ts"));
  const points: { readonly size: number; readonly time: number }[] = [];
  for (const request of requests) {
    const times: number[] = [];
    for (let count = 0; count < tries.warmUp + tries.measured; count++) {
      const { value, cannot } = await contestant.ask("validate", request);
      if (value === undefined) throw new Error(cannot);
      times.push(value);
    }
    points.push({ size: request.layers * request.width, time: Math.min(...times.slice(tries.warmUp)) });
  }
  return exponentOf(points);
}

/** The slope of the straight line that is nearest to the points, both axes logarithmic. */
export function exponentOf(points: readonly { readonly size: number; readonly time: number }[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ time }) => Math.log(time));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, value, index) => sum + (value - x) * (ys[index]! - y), 0);
  return covariance / xs.reduce((sum, value) => sum + (value - x) ** 2, 0);
}
