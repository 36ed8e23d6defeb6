import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playIncident, shipFirstStack } from "./incident-cycle.ts";
import { IncidentLab } from "./incident-lab.ts";

const times = { leaseDuration: 9_000, renewDeadline: 5_000, retryPeriod: 1_000 };
let lab: IncidentLab;

beforeAll(async () => {
  lab = await IncidentLab.start(times);
  await lab.changeEverywhere(shipFirstStack);
});

afterAll(() => lab.stop());

describe("the incident", () => {
  test.each([
    [1, "black-hole"],
    [2, "reset"],
  ] as const)(
    "cycle %i (%s): another leads, the lease comes back, and every change is in the cluster",
    async (number, cut) => {
      const figures = await playIncident(lab, { number, cut, times }, () => {});
      // Drained before the lease of the last renewal before the cut could end for others.
      expect(figures.cutToStopped).toBeLessThan(times.leaseDuration);
      expect(figures.cutToAnotherLeads).toBeGreaterThan(figures.cutToStopped);
    },
  );
});
