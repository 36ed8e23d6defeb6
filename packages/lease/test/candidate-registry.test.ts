import type { LeaseObservation } from "@tenure/core";
import { type KubernetesClient, KubernetesError, type KubernetesObject } from "@tenure/kubernetes";
import { candidateName, decodeCandidate, encodeCandidate, type KnownCandidate } from "@tenure/lease";
import { settled, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { CandidateRegistry } from "../src/candidates/candidate-registry.ts";

const location = { namespace: "default", name: "model" };
const minute = 60_000;

interface Call {
  readonly verb: string;
  readonly at: number;
  readonly name?: string | undefined;
  readonly given?: unknown;
}

/** Leases by name, behind a client that answers at once or as told. */
class Server {
  readonly leases = new Map<string, KubernetesObject>();
  readonly calls: Call[] = [];
  /** Asked before each call: rejects, or waits. */
  answer: (verb: string, signal: AbortSignal | undefined) => Promise<void> = () => Promise.resolve();
  readonly #clock: VirtualClock;
  #revision = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get client(): KubernetesClient {
    return {
      list: async (_what: unknown, options: { signal: AbortSignal }) => {
        await this.#call("list", undefined, options);
        return { items: [...this.leases.values()], resourceVersion: "1" };
      },
      create: (_term: unknown, object: KubernetesObject, options: object) => this.#put("create", object, options),
      replace: (_term: unknown, object: KubernetesObject, options: object) => this.#put("replace", object, options),
      delete: async (_term: unknown, { name }: { name: string }, options: object) => {
        await this.#call("delete", name, options);
        return this.leases.delete(name) ? "deleted" : "absent";
      },
    } as unknown as KubernetesClient;
  }

  /** Another candidate's look. */
  alive(identity: string, lastTurn = 0): void {
    const values = { duration: 10 * minute, lastTurn, time: `at ${this.#clock.now()}` };
    this.#store(encodeCandidate(location, identity, this.leases.get(candidateName("model", identity)), values));
  }

  async #put(verb: string, object: KubernetesObject, options: object): Promise<KubernetesObject> {
    await this.#call(verb, object.metadata.name, options);
    return this.#store(object);
  }

  #store(object: KubernetesObject): KubernetesObject {
    const { name = "" } = object.metadata;
    const stored = {
      ...object,
      metadata: { uid: name, ...object.metadata, resourceVersion: String(++this.#revision) },
    };
    this.leases.set(name, stored);
    return stored;
  }

  async #call(verb: string, name: string | undefined, given: object): Promise<void> {
    this.calls.push({ verb, name, at: this.#clock.now(), given });
    await this.answer(verb, (given as { signal?: AbortSignal }).signal);
  }
}

function registered(holder = false) {
  const clock = new VirtualClock();
  const server = new Server(clock);
  const known: (readonly KnownCandidate[] | undefined)[] = [];
  const observed: LeaseObservation[] = [];
  const registry = new CandidateRegistry(
    { client: server.client, location, identity: "a", clock },
    {
      known: (others) => known.push(others),
      observed: (observation) => observed.push(observation),
      isHolder: () => holder,
    },
  );
  registry.start();
  return { clock, server, known, observed, registry };
}

function refusal(code: "KUBE_FORBIDDEN" | "KUBE_UNREACHABLE", retryAfter?: number): KubernetesError {
  const more = retryAfter === undefined ? {} : { retryAfter };
  return new KubernetesError("no", { code, kind: "permanent", remedy: "none", ...more });
}

function neverAnswers(_verb: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

describe("the registry of candidates", () => {
  test("costs less than half a call a minute once it has begun, which it does with quicker looks", async () => {
    const { clock, server } = registered();
    await clock.advance(1_000);
    expect(server.calls.map(({ verb }) => verb)).toEqual(["list", "create"]);
    await clock.advance(20_000);
    expect(server.calls.map(({ verb }) => verb)).toEqual(["list", "create", "list", "replace"]);
    await clock.advance(10 * minute);
    const before = server.calls.length;
    await clock.advance(600 * minute);
    const calls = (server.calls.length - before) / 600;
    expect(calls).toBeLessThan(0.5);
    expect(calls).toBeGreaterThan(0.45);
  });

  test("records a turn at once, also while a look is under way, and keeps it", async () => {
    const { clock, server, registry } = registered();
    await clock.advance(1_000);
    const own = () => decodeCandidate(server.leases.get(candidateName("model", "a")) as KubernetesObject);
    expect(own()).toMatchObject({ identity: "a", lastTurn: 0, duration: 10 * minute });
    let write = () => {};
    server.answer = (verb) => (verb === "list" ? Promise.resolve() : new Promise((resolve) => (write = resolve)));
    registry.turn(7);
    await settled();
    registry.turn(9);
    server.answer = () => Promise.resolve();
    write();
    await settled();
    expect(own()).toMatchObject({ lastTurn: 9 });
    await clock.advance(10 * minute);
    expect(own()).toMatchObject({ lastTurn: 9 });
  });

  test("tells who else there is, and until when each counts", async () => {
    const { clock, server, known } = registered();
    server.alive("b", 5);
    await clock.advance(1_000);
    const [first] = known.at(-1) ?? [];
    expect(first).toMatchObject({ identity: "b", lastTurn: 5 });
    await clock.advance(5 * minute);
    expect(known.at(-1)?.[0]?.presentUntil).toBe(first?.presentUntil);
    server.alive("b", 5);
    await clock.advance(5 * minute);
    expect(known.at(-1)?.[0]?.presentUntil).toBeGreaterThan((first?.presentUntil ?? 0) + 5 * minute);
    expect(known.at(-1)).toHaveLength(1);
  });

  test("removes what stands still for twice its duration, if it holds the lease, and only that very state of it", async () => {
    for (const holder of [true, false]) {
      const { clock, server } = registered(holder);
      server.alive("crashed");
      await clock.advance(20 * minute);
      expect(server.calls.some(({ verb }) => verb === "delete")).toBe(false);
      await clock.advance(6 * minute);
      const name = candidateName("model", "crashed");
      expect(server.leases.has(name)).toBe(!holder);
      if (!holder) continue;
      expect(server.calls.find(({ verb }) => verb === "delete")).toMatchObject({
        name,
        given: { uid: name, resourceVersion: "1" },
      });
    }
  });

  test("tells a failure once, and its end; meanwhile who else there is cannot be told", async () => {
    const { clock, server, known, observed } = registered();
    server.answer = () => Promise.reject(refusal("KUBE_FORBIDDEN"));
    await clock.advance(20 * minute);
    expect(known.length).toBeGreaterThan(6);
    expect(new Set(known)).toEqual(new Set([undefined]));
    expect(observed).toEqual([{ level: "warn", message: expect.stringContaining("candidates cannot be kept: ") }]);
    server.answer = () => Promise.resolve();
    await clock.advance(5 * minute);
    expect(known.at(-1)).toEqual([]);
    expect(observed.slice(1)).toEqual([{ level: "info", message: expect.any(String) }]);
  });

  test("knows of the others also if it must not write its own record", async () => {
    const { clock, server, known, observed } = registered(true);
    server.alive("b");
    server.answer = (verb) => (verb === "list" ? Promise.resolve() : Promise.reject(refusal("KUBE_FORBIDDEN")));
    await clock.advance(10 * minute);
    expect(known.every((others) => others?.[0]?.identity === "b")).toBe(true);
    expect(observed).toHaveLength(1);
  });

  test("respects the server's wish to be left alone", async () => {
    const { clock, server } = registered();
    server.answer = () => Promise.reject(refusal("KUBE_UNREACHABLE", 5 * minute));
    await clock.advance(5 * minute);
    expect(server.calls).toHaveLength(1);
    await clock.advance(1_000);
    expect(server.calls).toHaveLength(2);
  });

  test.each(["before its first look", "between two looks", "while one hangs", "after the server is gone"])(
    "is left %s, with nothing left behind",
    async (when) => {
      const { clock, server, known, observed, registry } = registered();
      if (when !== "before its first look") await clock.advance(1_000);
      if (when === "while one hangs") {
        server.answer = neverAnswers;
        await clock.advance(16_500);
        server.answer = () => Promise.resolve();
      }
      if (when === "after the server is gone") server.answer = () => Promise.reject(refusal("KUBE_UNREACHABLE"));
      await registry.leave();
      expect(clock.pending).toBe(0);
      expect(server.calls.at(-1)).toMatchObject({ verb: "delete", name: candidateName("model", "a") });
      expect(server.calls.at(-1)?.given).toEqual({ timeout: 500 });
      if (when !== "after the server is gone") expect(server.leases.size).toBe(0);
      const told = [known.length, observed.length, server.calls.length];
      registry.turn(9);
      await clock.advance(30 * minute);
      expect([known.length, observed.length, server.calls.length]).toEqual(told);
      expect(observed).toEqual([]);
      expect(clock.pending).toBe(0);
    },
  );
});
