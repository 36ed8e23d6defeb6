import { type LeaseTiming, systemClock } from "@tenure/core";
import { decodeLease, defaultTiming } from "@tenure/lease";
import { FaultProxy, HttpFaultProxy } from "@tenure/testing";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import {
  changedKubeconfig,
  elect,
  hand,
  kind,
  leaseOf,
  patchByHand,
  seen,
  term,
  timing,
  uniqueName,
  useElectors,
} from "./elector-lab.ts";

useElectors();

/** A timer of the event loop may be a little late; the term asks the deadline itself. */
const lateTimer = 250;

/** Who holds it behind a proxy above TLS, and a candidate with a way of its own. */
async function pair(options: { stopsAtOnce?: boolean; times?: LeaseTiming } = {}) {
  const name = uniqueName();
  const proxy = await HttpFaultProxy.start({ kubeconfig: inject("kubeconfig") });
  onTestFinished(() => proxy.stop());
  const a = await elect(name, "a", { kubeconfig: await proxy.kubeconfig(), ...options });
  const { grant } = await a.recording.next("granted");
  const b = await elect(name, "b", options.times && { times: options.times });
  await b.recording.next("observed", /held by "a"/);
  const lease = { resource: "leases", name } as const;
  const renewal = { ...lease, verb: "update" } as const;
  return { name, proxy, a, b, grant, lease, renewal };
}

type Pair = Awaited<ReturnType<typeof pair>>;

/** Neither of its requests arrives any more, nor does its watch tell anything. */
function isolate({ proxy }: Pair) {
  return [proxy.delayRequest({ resource: "leases" }), proxy.hangWatch({ resource: "leases" })];
}

/** Its right has ended in time, and before the other's began. */
async function handedOver({ a, b, grant }: Pair) {
  const { deadline } = grant.validity;
  const ended = await a.recording.next("ended");
  const next = await b.recording.next("granted");
  expect(ended.at).toBeLessThan(next.at);
  expect(next.grant.token).toBeGreaterThan(grant.token);
  return { ended, next, deadline };
}

/** The term has gone on: renewed after what has happened. */
async function goesOn({ a, name, grant }: Pair) {
  const { resourceVersion } = (await leaseOf(name)).metadata;
  const after = await seen(name, (lease) => Number(lease.metadata.resourceVersion) > Number(resourceVersion));
  expect(decodeLease(after)).toMatchObject({ holder: "a", token: grant.token });
  expect(a.recording.told.filter(({ type }) => type === "ended" || type === "draining")).toEqual([]);
}

describe("faults that other electors have (facts E1 to E9)", () => {
  test("E1: a reply that comes late extends the term from the sending only, and a partition after it causes no overlap", async () => {
    const both = await pair();
    const late = both.proxy.delayReply(both.renewal, { delay: 450, times: 1 });
    const committed = await both.proxy.waitForCall({ ...both.renewal }, { after: both.proxy.calls().length });
    await late.hit();
    isolate(both);
    const { ended } = await handedOver(both);
    expect(ended.at - committed.sent).toBeLessThan(timing.leaseDuration - timing.safetyMargin + lateTimer);
    expect(committed.delivered).toBe(true);
  });

  test("E2: who comes back after another took over erases nothing", async () => {
    const both = await pair({ stopsAtOnce: false });
    const faults = isolate(both);
    await handedOver(both);
    const before = both.proxy.count(both.renewal);
    for (const fault of faults) fault.remove();
    both.a.elector.drained(both.grant.number);
    await both.a.recording.next("observed", /held by "b"/);
    await both.b.recording.next("observed", /renewed/);
    expect(decodeLease(await leaseOf(both.name)).holder).toBe("b");
    // What was under way when it was cut off was conditional on a record that is gone.
    const writes = both.proxy.calls(both.renewal).slice(before);
    expect(writes.filter(({ status }) => status === 200)).toEqual([]);
  });

  test("E3: another holder ends the term at once, and with the next renewal when the watch is dead", async () => {
    const seeing = await pair();
    await patchByHand(seeing.name, { spec: { holderIdentity: "other", leaseDurationSeconds: 60 } });
    const at = systemClock.now();
    expect((await seeing.a.recording.next("ended")).at - at).toBeLessThan(100);

    const blind = await pair();
    const hung = blind.proxy.hangWatch({ ...blind.lease, verb: "watch" });
    await hung.hit();
    await patchByHand(blind.name, { spec: { holderIdentity: "other", leaseDurationSeconds: 60 } });
    const written = systemClock.now();
    expect((await blind.a.recording.next("ended")).at - written).toBeLessThan(1_000);
  });

  test("E4: the holder sends one write a renewal, a standby nothing, each beside one watch", async () => {
    // Of 15 s: on a machine that is busy, a shorter one would see overdue answers, and ask again.
    const times = defaultTiming(15_000);
    const both = await pair({ times });
    const standby = await HttpFaultProxy.start({ kubeconfig: inject("kubeconfig") });
    onTestFinished(() => standby.stop());
    const c = await elect(both.name, "c", { kubeconfig: await standby.kubeconfig(), times });
    await c.recording.next("observed", /held by "a"/);
    const renewed = async () => {
      const { resourceVersion } = (await leaseOf(both.name)).metadata;
      await seen(both.name, ({ metadata }) => Number(metadata.resourceVersion) > Number(resourceVersion));
    };
    // By then its first look is over.
    await renewed();
    const [before, others] = [both.proxy.calls(both.lease).length, standby.calls(both.lease).length];
    for (let renewals = 0; renewals < 3; renewals++) await renewed();
    const sent = both.proxy.calls(both.lease).slice(before);
    expect(new Set(sent.map(({ verb }) => verb))).toEqual(new Set(["update"]));
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(standby.calls(both.lease).slice(others)).toEqual([]);
    expect(both.proxy.count({ ...both.lease, verb: "watch" })).toBe(1);
  });

  test("E8: a Lease without a duration is respected for 15 s, and then taken over, whatever has failed before", {
    timeout: 30_000,
  }, async () => {
    const name = uniqueName();
    const { apiVersion } = kind;
    const metadata = { namespace: "default", name };
    await hand.create(term, { apiVersion, kind: "Lease", metadata, spec: { holderIdentity: "some-library" } });
    const created = systemClock.now();
    const proxy = await HttpFaultProxy.start({ kubeconfig: inject("kubeconfig") });
    onTestFinished(() => proxy.stop());
    const failing = proxy.answer(500, { resource: "leases", name }, { times: 6 });
    const { recording } = await elect(name, "a", { kubeconfig: await proxy.kubeconfig() });
    await failing.hit(6);
    const { at } = await recording.next("granted");
    expect(at - created).toBeGreaterThan(15_000);
    expect(at - created).toBeLessThan(20_000);
  });

  test("E9: while writes hang, the term ends in time, and another leads only after it", async () => {
    const both = await pair();
    const hung = both.proxy.delayRequest(both.renewal);
    await hung.hit(2);
    const { ended, deadline } = await handedOver(both);
    expect(ended.at).toBeLessThan(deadline + lateTimer);
  });
});

describe("a renewal whose reply is lost", () => {
  test.each(["close", "hang"] as const)("(%s) is resolved by reading, and the term goes on", async (how) => {
    const both = await pair();
    const lost = both.proxy.dropReply(both.renewal, { how, times: 1 });
    await lost.hit();
    await goesOn(both);
  });

  test("on its way to a server that hears, and whose answers do not come back, ends the term before another's begins", async () => {
    const name = uniqueName();
    await using proxy = await FaultProxy.start({ target: { port: Number(new URL(inject("apiServerUrl")).port) } });
    const kubeconfig = await changedKubeconfig((text) => text.replaceAll(/(server:\s*)\S+/g, `$1${proxy.url}`));
    const a = await elect(name, "a", { kubeconfig });
    const { grant } = await a.recording.next("granted");
    const b = await elect(name, "b");
    await b.recording.next("observed", /held by "a"/);
    proxy.blackHole({ toServer: false });
    const ended = await a.recording.next("ended");
    expect(ended.at).toBeLessThan(
      grant.validity.deadline === 0 ? Number.POSITIVE_INFINITY : grant.validity.deadline + lateTimer,
    );
    const next = await b.recording.next("granted");
    expect(ended.at).toBeLessThan(next.at);
    proxy.heal();
  });

  test("a connection that carries nothing costs a second request over a fresh one, and not the term", async () => {
    const both = await pair();
    // The first is held, whatever comes over another connection passes.
    const held = both.proxy.delayRequest(both.renewal, { times: 1 });
    await held.hit();
    await goesOn(both);
    const [first, second] = both.proxy.calls(both.renewal).slice(-3);
    expect(first?.connection).not.toBe(second?.connection);
  });
});

describe("answers of the API server", () => {
  test.each([
    [401, 1],
    [403, 2],
    [409, 2],
    [429, 2],
    [500, 2],
    [503, 2],
  ])("%i to renewals, %i times, costs nothing", async (status, times) => {
    const both = await pair();
    const answered = both.proxy.answer(status, both.renewal, {
      times,
      ...((status === 429 || status === 503) && { retryAfter: 1 }),
    });
    await answered.hit(times);
    await goesOn(both);
    // A 401 is tried once more by the client itself, a conflict is resolved by a read: neither is trouble.
    const troubles = both.a.recording.told.filter(
      (told) => told.type === "observed" && told.observation.fields?.event === "trouble",
    );
    expect(troubles.length > 0).toBe(status !== 401 && status !== 409);
  });

  test("403 for good ends the term in time, with the server's words as the reason, and it is taken back when granted again", async () => {
    const both = await pair();
    const refused = both.proxy.answer(403, both.lease, { message: "not any more" });
    const { ended } = await handedOver(both);
    expect(ended.reason).toMatch(/not any more/);
    refused.remove();
    both.b.elector.withdraw("out of the way");
    await expect.poll(() => both.a.recording.told.filter(({ type }) => type === "granted").length).toBe(2);
  });
});

describe("a standby's watch", () => {
  /** A standby behind a proxy, and the holder with a way of its own. */
  async function watching() {
    const name = uniqueName();
    const a = await elect(name, "a");
    const { grant } = await a.recording.next("granted");
    const proxy = await HttpFaultProxy.start({ kubeconfig: inject("kubeconfig") });
    onTestFinished(() => proxy.stop());
    const b = await elect(name, "b", { kubeconfig: await proxy.kubeconfig() });
    await b.recording.next("observed", /held by "a"/);
    // From here on only the watch can tell it something.
    const answered = () => proxy.calls({ resource: "leases", name, verb: "list" }).some(({ delivered }) => delivered);
    await expect.poll(answered, { interval: 5 }).toBe(true);
    await expect.poll(() => b.elector.snapshot().detail, { interval: 5 }).toBe("campaigns");
    return { name, a, b, proxy, grant, watch: { resource: "leases", name, verb: "watch" } as const };
  }

  test("that hangs is opened anew before the lease would expire, and a release is seen", async () => {
    const { a, b, proxy, watch } = await watching();
    const hung = proxy.hangWatch(watch, { times: 1 });
    await hung.hit();
    a.elector.withdraw("shutdown");
    await a.recording.next("withdrawn");
    const released = systemClock.now();
    const { at } = await b.recording.next("granted");
    expect(at - released).toBeLessThan(timing.leaseDuration / 2 + 500);
    expect(proxy.count(watch)).toBe(2);
  });

  test("that hangs from its first moment is opened anew, too", async () => {
    const name = uniqueName();
    const a = await elect(name, "a");
    await a.recording.next("granted");
    const proxy = await HttpFaultProxy.start({ kubeconfig: inject("kubeconfig") });
    onTestFinished(() => proxy.stop());
    const watch = { resource: "leases", name, verb: "watch" } as const;
    const held = proxy.delayRequest(watch, { times: 1 });
    const b = await elect(name, "b", { kubeconfig: await proxy.kubeconfig() });
    await held.hit();
    await b.recording.next("observed", /held by "a"/);
    const begun = systemClock.now();
    await proxy.waitForCall(watch, { after: proxy.calls(watch)[0]?.number ?? 0 });
    expect(systemClock.now() - begun).toBeLessThan(timing.leaseDuration / 2 + 500);
    expect(proxy.count(watch)).toBe(2);
  });

  test.each(["expireWatch", "cutWatch"] as const)(
    "that is ended by the server or the network (%s) is opened anew",
    async (fault) => {
      const { a, b, proxy, watch } = await watching();
      const ended = proxy[fault](watch, { times: 1 });
      await ended.hit();
      await proxy.waitForCall(watch);
      a.elector.withdraw("shutdown");
      await a.recording.next("withdrawn");
      const released = systemClock.now();
      expect((await b.recording.next("granted")).at - released).toBeLessThan(1_000);
    },
  );

  test("that may not be opened is replaced by reading", async () => {
    const { a, b, proxy, watch, name } = await watching();
    proxy.answer(403, watch);
    proxy.cutWatch(watch);
    await proxy.waitForCall({ resource: "leases", name, verb: "list" });
    a.elector.withdraw("shutdown");
    await a.recording.next("withdrawn");
    const released = systemClock.now();
    expect((await b.recording.next("granted")).at - released).toBeLessThan(8_000);
  });
});
