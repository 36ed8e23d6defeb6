import { systemClock } from "@tenure/core";
import { SingleNodeElector } from "@tenure/lease";
import { leaseProviderConformance } from "@tenure/testing";
import { describe, test } from "vitest";

describe("the elector of a single node keeps the contract", () => {
  let identities = 0;
  let token = 0;
  leaseProviderConformance({
    test,
    create: () =>
      new SingleNodeElector({
        identity: `node-${++identities}`,
        clock: systemClock,
        nextToken: () => ++token,
      }),
    exclusive: false,
    drainFor: 100,
  });
});
