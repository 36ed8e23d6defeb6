import { systemClock } from "@tenure/core";
import { decodeLease } from "@tenure/lease";
import { FaultProxy } from "@tenure/testing";
import { describe, expect, inject, test } from "vitest";
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

describe("the elector on a real API server", () => {
  test("acquires an absent Lease and renews it", async () => {
    const name = uniqueName();
    const { recording, elector } = await elect(name, "a");
    const { grant } = await recording.next("granted");
    const first = await leaseOf(name);
    expect(decodeLease(first)).toMatchObject({ holder: "a", duration: 3_000, token: grant.token });
    const deadline = grant.validity.deadline;
    const { spec } = first as { spec?: { renewTime?: string; acquireTime?: string } };
    const renewed = await seen(
      name,
      (lease) => (lease as typeof first & { spec: typeof spec }).spec?.renewTime !== spec?.renewTime,
    );
    expect(renewed.spec).toMatchObject({ acquireTime: spec?.acquireTime });
    await seen(name, (lease) => Number(lease.metadata.resourceVersion) > Number(renewed.metadata.resourceVersion));
    expect(grant.validity.deadline).toBeGreaterThan(deadline);
    expect(elector.snapshot()).toMatchObject({ state: "held", holder: "a", token: grant.token });
  });

  test("another holder, written by hand, ends the term faster than a renewal would", async () => {
    const name = uniqueName();
    const { recording } = await elect(name, "a");
    await recording.next("granted");
    await patchByHand(name, { spec: { holderIdentity: "by-hand", leaseDurationSeconds: 60 } });
    const written = systemClock.now();
    const ended = await recording.next("ended");
    expect(ended.reason).toBe('"by-hand" holds it');
    expect(ended.at - written).toBeLessThan(timing.retryPeriod);
  });

  test("a release hands it to the next one at once, with a higher token", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { stopsAtOnce: false });
    const { grant } = await a.recording.next("granted");
    const b = await elect(name, "b");
    await b.recording.next("observed", /held by "a"/);
    a.elector.withdraw("shutdown");
    await a.recording.next("draining");
    // It is renewed while its components stop.
    const { metadata } = await leaseOf(name);
    const renewed = await seen(
      name,
      (lease) => Number(lease.metadata.resourceVersion) > Number(metadata.resourceVersion),
    );
    expect(decodeLease(renewed).holder).toBe("a");
    expect(b.recording.told.some(({ type }) => type === "granted")).toBe(false);
    a.elector.drained(grant.number);
    const released = systemClock.now();
    const next = await b.recording.next("granted");
    expect(next.at - released).toBeLessThan(1_000);
    expect(next.grant.token).toBeGreaterThan(grant.token);
    expect((await a.recording.next("ended")).at).toBeLessThanOrEqual((await a.recording.next("withdrawn")).at);
  });

  test("keeps what others put into the Lease", async () => {
    const name = uniqueName();
    const foreign = {
      ...kind,
      metadata: { namespace: "default", name, labels: { team: "x" }, annotations: { note: "y" } },
    };
    await hand.create(term, foreign);
    const { recording, elector } = await elect(name, "a");
    await recording.next("granted");
    await patchByHand(name, { metadata: { labels: { later: "z" } } });
    elector.withdraw("shutdown");
    await recording.next("withdrawn");
    const lease = await leaseOf(name);
    expect(lease.metadata.labels).toEqual({ team: "x", later: "z" });
    expect(lease.metadata.annotations).toMatchObject({ note: "y" });
    expect(lease.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  test("the deletion of the Lease ends the term, and the next one's token is higher", async () => {
    const name = uniqueName();
    const a = await elect(name, "a", { stopsAtOnce: false });
    const { grant } = await a.recording.next("granted");
    await hand.delete(term, { ...kind, namespace: "default", name });
    const deleted = systemClock.now();
    const ended = await a.recording.next("ended");
    expect(ended.reason).toBe("the Lease was deleted");
    expect(ended.at - deleted).toBeLessThan(timing.retryPeriod);
    const b = await elect(name, "b");
    expect((await b.recording.next("granted")).grant.token).toBeGreaterThan(grant.token);
  });

  test("withdrawing ends every request and the client", async () => {
    const name = uniqueName();
    const a = await elect(name, "a");
    await a.recording.next("granted");
    const b = await elect(name, "b");
    await b.recording.next("observed", /held by "a"/);
    for (const { elector, recording, calls } of [b, a]) {
      elector.withdraw("shutdown");
      await recording.next("withdrawn");
      expect(calls.at(-1)).toBe("close");
      expect(elector.snapshot().state).toBe("withdrawn");
    }
    // Another's whole term passes, and neither of them takes part.
    const lengths = [a.calls.length, b.calls.length];
    const c = await elect(name, "c");
    await c.recording.next("granted");
    c.elector.withdraw("shutdown");
    await c.recording.next("withdrawn");
    expect([a.calls.length, b.calls.length]).toEqual(lengths);
  });

  test.each([
    ["a token that the server does not know", "      token: wrong", /401|unauthorized/i],
    ["no credentials", "      {}", /40[13]|forbidden|unauthorized/i],
  ])("with %s it says so and tries calmly", async (_what, user, message) => {
    const kubeconfig = await changedKubeconfig((text) => text.replace(/^ +token:.*$/m, user));
    const { recording, calls } = await elect(uniqueName(), "a", { kubeconfig });
    const { observation, at } = await recording.next("observed", message);
    expect(observation.level).toBe("warn");
    const lists = () => calls.filter((call) => call === "list").length;
    const before = lists();
    await expect.poll(lists, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(before + 3);
    expect(systemClock.now() - at).toBeGreaterThan(3 * (timing.retryPeriod / 2) - 50);
    expect(recording.told.some(({ type }) => type === "granted")).toBe(false);
  });

  test("in a namespace that does not exist it says so and tries calmly", async () => {
    const { recording, calls } = await elect(uniqueName(), "a", { namespace: "no-such-namespace" });
    const { at } = await recording.next("observed", /no-such-namespace/);
    const creates = () => calls.filter((call) => call === "create").length;
    const before = creates();
    await expect.poll(creates, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(before + 3);
    expect(systemClock.now() - at).toBeGreaterThan(3 * (timing.retryPeriod / 2) - 50);
  });

  test.each(["cut", "blackHole"] as const)(
    "when the network is gone (%s) it drains, ends in time, and only then does the next one take over",
    async (fault) => {
      const name = uniqueName();
      await using proxy = await FaultProxy.start({ target: { port: Number(new URL(inject("apiServerUrl")).port) } });
      const kubeconfig = await changedKubeconfig((text) => text.replaceAll(/(server:\s*)\S+/g, `$1${proxy.url}`));
      const a = await elect(name, "a", { kubeconfig, stopsAtOnce: false });
      const { grant } = await a.recording.next("granted");
      const b = await elect(name, "b");
      await b.recording.next("observed", /held by "a"/);
      proxy[fault]();
      const draining = await a.recording.next("draining");
      const { deadline } = grant.validity;
      const ended = await a.recording.next("ended");
      const next = await b.recording.next("granted");
      expect(draining.at).toBeLessThan(ended.at);
      // A timer of the event loop may be a little late; the term asks the deadline itself.
      expect(ended.at - deadline).toBeLessThan(250);
      expect(next.at).toBeGreaterThan(deadline);
      expect(ended.at).toBeLessThan(next.at);
      expect(next.grant.token).toBeGreaterThan(grant.token);
      proxy.heal();
      a.elector.drained(grant.number);
      await a.recording.next("observed", /held by "b"/);
      expect(decodeLease(await leaseOf(name)).holder).toBe("b");
    },
  );
});
