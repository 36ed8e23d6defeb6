import { type LeaseElector, type LeaseGrant, type LeaseListener, systemClock, type YieldOptions } from "@tenure/core";
import type { LeaseConformanceCaseName } from "@tenure/testing";
import { type MemoryElector, MemoryLease } from "./memory-elector.ts";
import type { Spoil } from "./memory-provider.ts";

/** A right elector with one fault. */
export interface LeaseFault {
  readonly fault: string;
  readonly spoil: Spoil;
  /** The cases that cannot pass with it. */
  readonly caughtBy: readonly LeaseConformanceCaseName[];
  /** What the message of the first of them says. */
  readonly says: RegExp;
  /** Default 5. */
  readonly terms?: number;
}

interface Changes {
  readonly listener?: (listener: LeaseListener, elector: MemoryElector) => Partial<LeaseListener>;
  readonly elector?: (elector: MemoryElector) => Partial<LeaseElector>;
}

/** What is not changed is passed on. */
function changed({ listener, elector: change }: Changes): Spoil {
  return (elector) => ({
    identity: elector.identity,
    timing: elector.timing,
    campaign(told, options) {
      const right: LeaseListener = {
        granted: (grant) => told.granted(grant),
        draining: (number, reason) => told.draining(number, reason),
        ended: (number, reason) => told.ended(number, reason),
        withdrawn: () => told.withdrawn(),
        observed: (event) => told.observed(event),
      };
      elector.campaign({ ...right, ...listener?.(told, elector) }, options);
    },
    drained: (number) => elector.drained(number),
    yield: (options) => elector.yield(options),
    setStopBudget: (stopBudget) => elector.setStopBudget(stopBudget),
    withdraw: (reason) => elector.withdraw(reason),
    snapshot: () => elector.snapshot(),
    ...change?.(elector),
  });
}

const kept: number[][] = [];

/** Tells of the draining from inside of `yield`, and not again. */
function tellsInsideYield(elector: MemoryElector): LeaseElector {
  let [number, draining] = [0, 0];
  let listener: LeaseListener | undefined;
  return changed({
    listener: (told) => {
      listener = told;
      return {
        granted(grant) {
          number = grant.number;
          told.granted(grant);
        },
        draining: (which, reason) => {
          if (which > draining) told.draining(which, reason);
        },
      };
    },
    elector: () => ({
      yield(options) {
        const kept = elector.yield(options);
        if (number > draining) {
          draining = number;
          listener?.draining(number, options.reason);
        }
        return kept;
      },
    }),
  })(elector);
}

/** Hands the validity out in another form. */
function validity(form: (grant: LeaseGrant, latest: () => LeaseGrant) => LeaseGrant["validity"]): Spoil {
  return (elector) => {
    let latest: LeaseGrant | undefined;
    return changed({
      listener: (told) => ({
        granted(grant) {
          latest = grant;
          told.granted({ ...grant, validity: form(grant, () => latest ?? grant) });
        },
      }),
    })(elector);
  };
}

/** Tells of the end later than it knows, when it ends for this reason. */
function endsLate(because: string, delay: number): Spoil {
  return changed({
    listener: (told) => ({
      ended(number, reason) {
        if (reason === because) setTimeout(() => told.ended(number, reason), delay);
        else told.ended(number, reason);
      },
    }),
  });
}

export const faults: readonly LeaseFault[] = [
  {
    fault: "no identity",
    spoil: changed({ elector: () => ({ identity: "" }) }),
    caughtBy: ["acquires a free lease"],
    says: /has no identity/,
  },
  {
    fault: "a listener that is called from inside a call",
    spoil: tellsInsideYield,
    caughtBy: ["tells from turns of its own"],
    says: /has told draining 1, inside yield/,
  },
  {
    fault: "a lease for each candidate",
    spoil: (elector) => Object.assign(elector, { lease: new MemoryLease() }),
    caughtBy: [
      "is held by one of two at most",
      "is held by one of five at most",
      "raises the token with every term",
      "releases only when nothing of the term runs any more",
      "leaves when it is withdrawn",
      "ends in time when it is cut off, and regains in a new term",
      "ends at once when another holder is seen",
    ],
    says: /term 1 of "candidate-\d+" and term 1 of "candidate-\d+"/,
  },
  {
    fault: "a release that others have to wait for",
    spoil: changed({
      listener: (told, { lease, timing }) => ({
        ended(number, reason) {
          if (lease.holder === undefined) {
            lease.holder = "by hand";
            lease.until = systemClock.now() + timing.leaseDuration;
          }
          told.ended(number, reason);
        },
      }),
    }),
    caughtBy: ["is taken over after a release"],
    says: /has not acquired the free lease within 400 ms, and neither has any other of 2 candidates/,
  },
  {
    fault: "numbers that leave some out",
    spoil: changed({
      listener: (told) => ({
        granted: (grant) =>
          told.granted({
            ...grant,
            number: 2 * grant.number - 1,
            validity: {
              get number() {
                return 2 * grant.validity.number - 1;
              },
              get deadline() {
                return grant.validity.deadline;
              },
            },
          }),
        draining: (number, reason) => told.draining(2 * number - 1, reason),
        ended: (number, reason) => told.ended(2 * number - 1, reason),
      }),
      elector: (elector) => ({ drained: (number) => elector.drained((number + 1) / 2) }),
    }),
    caughtBy: ["numbers its terms one by one"],
    says: /numbers its first three terms 1, 3, 5/,
  },
  {
    fault: "tokens that every candidate counts by itself",
    spoil: changed({
      listener: (told) => ({ granted: (grant) => told.granted({ ...grant, token: grant.number }) }),
    }),
    caughtBy: ["raises the token with every term"],
    says: /has terms with the tokens 1 and 2, after another candidate's with 1 and 2/,
  },
  {
    fault: "a first term that comes alive with the next one",
    spoil: validity((grant, latest) => ({
      number: grant.number,
      get deadline() {
        return latest().validity.deadline;
      },
    })),
    caughtBy: ["leaves a term ended", "ends in time when it is cut off, and regains in a new term"],
    says: /says of term 1 that it is held in the next term/,
  },
  {
    fault: "a validity that outlives its term",
    spoil: validity(({ number, validity: right }) => {
      let latest = 0;
      return {
        number,
        get deadline() {
          latest = Math.max(latest, right.deadline);
          return latest;
        },
      };
    }),
    caughtBy: ["leaves a term ended", "ends at once when another holder is seen"],
    says: /says of term 1 that it is held when its end is told/,
  },
  {
    fault: "a release before the components have stopped",
    spoil: changed({
      listener: (told, elector) => ({
        draining(number, reason) {
          told.draining(number, reason);
          elector.drained(number);
        },
      }),
    }),
    caughtBy: ["releases only when nothing of the term runs any more", "leaves when it is withdrawn"],
    says: /has ended term 1 while its components were stopping/,
  },
  {
    fault: "a release for any number",
    spoil: changed({ elector: (elector) => ({ drained: () => elector.drained(elector.number) }) }),
    caughtBy: ["releases only when nothing of the term runs any more"],
    says: /has ended term 1 while its components were stopping/,
  },
  {
    fault: "a pause that a second call does not extend",
    spoil: changed({
      elector: (elector) => ({
        yield: (options: YieldOptions) => (elector.snapshot().state === "held" ? elector.yield(options) : undefined),
      }),
    }),
    caughtBy: ["pauses after a yield"],
    says: /was given up for 120 ms by a second call, and holds it again after \d+ ms/,
  },
  {
    fault: "a refusal that gives the lease up",
    spoil: changed({
      elector: (elector) => ({
        yield(options) {
          elector.yield(options);
          return options.because === "incapable" ? "nobody else is known" : undefined;
        },
      }),
    }),
    caughtBy: ["keeps a lease that it refuses to give up"],
    says: /refuses to be given up \(nobody else is known\), and gives it up/,
  },
  {
    fault: "a giving up that does not happen",
    spoil: changed({
      elector: (elector) => ({
        yield: (options) => (options.because === "incapable" ? undefined : elector.yield(options)),
      }),
    }),
    caughtBy: ["keeps a lease that it refuses to give up"],
    says: /has not told the end of term 1 within 1000 ms although it says that it is given up/,
  },
  {
    fault: "a withdrawal that is told twice",
    spoil: changed({
      listener: (told) => ({
        withdrawn() {
          told.withdrawn();
          queueMicrotask(() => told.withdrawn());
        },
      }),
    }),
    caughtBy: ["leaves when it is withdrawn"],
    says: /told: (granted 1, draining 1, ended 1, )?withdrawn, withdrawn/,
  },
  {
    fault: "a timer that is left",
    spoil: changed({
      elector: (elector) => ({
        campaign(listener, options) {
          setInterval(() => {}, 1_000).unref();
          elector.campaign(listener, options);
        },
      }),
    }),
    caughtBy: ["leaves no timers or sockets behind"],
    says: /3 × Timeout made at .*faulty-electors/,
  },
  {
    fault: "a timer for every term",
    spoil: changed({
      listener: (told) => ({
        granted(grant) {
          setInterval(() => {}, 1_000).unref();
          told.granted(grant);
        },
      }),
    }),
    caughtBy: ["leaves no timers or sockets behind", "survives many terms without growing"],
    terms: 20,
    says: /Timeout made at .*faulty-electors/,
  },
  {
    fault: "memory of every term",
    spoil: changed({
      listener: (told) => ({
        granted(grant) {
          kept.push(new Array(20_000).fill(grant.number));
          told.granted(grant);
        },
      }),
    }),
    caughtBy: ["survives many terms without growing"],
    terms: 20,
    says: /keeps \d+ kB more after 16 further terms/,
  },
  {
    fault: "no draining when it is cut off",
    spoil: changed({
      listener: (told) => ({
        draining(number, reason) {
          if (reason !== "it cannot be renewed") told.draining(number, reason);
        },
      }),
    }),
    caughtBy: ["ends in time when it is cut off, and regains in a new term"],
    says: /has told `draining` not at all/,
  },
  {
    fault: "an end that is told late when it is cut off",
    spoil: endsLate("it was not renewed", 1_500),
    caughtBy: ["ends in time when it is cut off, and regains in a new term"],
    says: /has not told `ended` when the right to act was over/,
  },
  {
    fault: "an eye that sees another holder late",
    spoil: endsLate("another holds it", 1_500),
    caughtBy: ["ends at once when another holder is seen"],
    says: /has not told the end of term 1 within 200 ms/,
  },
];
