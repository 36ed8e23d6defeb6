import { silentLogger } from "@tenure/core";
import {
  type DirectorySnapshot,
  ManifestApplier,
  type ManifestDirectory,
  type ManifestStack,
} from "@tenure/manifest-applier";
import type { StackApplier, StackOnCluster, StackSource } from "@tenure/stack-applier";
import { settled, VirtualClock } from "@tenure/testing";
import { describe, expect, test } from "vitest";
import { fakeContext } from "./directory-lab.ts";

class FakeDirectory implements ManifestDirectory {
  snapshot: DirectorySnapshot = snapshotOf([]);
  readonly #listeners = new Set<(snapshot: DirectorySnapshot) => void>();

  subscribe(listener: (snapshot: DirectorySnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  show(snapshot: DirectorySnapshot): void {
    this.snapshot = snapshot;
    for (const listener of this.#listeners) listener(snapshot);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

class FakeStacks implements StackApplier {
  readonly calls: string[] = [];
  recorded: readonly StackOnCluster[] | Error = [];

  apply(source: StackSource): void {
    this.calls.push(`apply ${source.name}@${source.hash}${source.incomplete ? " incomplete" : ""}`);
  }

  async remove(name: string): Promise<void> {
    this.calls.push(`remove ${name}`);
  }

  status() {
    return [];
  }

  subscribe() {
    return () => {};
  }

  async stacksOnCluster(): Promise<readonly StackOnCluster[]> {
    if (this.recorded instanceof Error) throw this.recorded;
    return this.recorded;
  }
}

function snapshotOf(names: readonly string[], change: Partial<DirectorySnapshot> = {}): DirectorySnapshot {
  const stack = (name: string): ManifestStack => ({
    name,
    objects: [],
    hash: "1",
    incomplete: false,
    files: [],
    ignored: [],
    errors: [],
  });
  return {
    directory: "/manifests",
    version: 1,
    scanned: true,
    silent: undefined,
    stacks: new Map(names.map((name) => [name, stack(name)])),
    removed: new Set(),
    ignored: [],
    watching: "by events",
    ...change,
  };
}

async function start(directory: FakeDirectory, stacks: FakeStacks, clock = new VirtualClock()) {
  const applier = new ManifestApplier(directory, stacks, { node: "n1", clock, retryDelay: 1_000 });
  const context = { ...fakeContext(), logger: silentLogger };
  applier.start(context);
  await settled();
  return { applier, context, clock };
}

describe("the manifest applier of one term", () => {
  test("hands every stack over at once", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a", "b"]);
    const stacks = new FakeStacks();
    await start(directory, stacks);
    expect(stacks.calls).toEqual(["apply a@1", "apply b@1"]);
  });

  test("removes what the directory does not have any more", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a", "b"]);
    const stacks = new FakeStacks();
    await start(directory, stacks);
    directory.show(snapshotOf(["a"]));
    expect(stacks.calls.slice(2)).toEqual(["apply a@1", "remove b"]);
  });

  test("removes nothing while the directory is silent", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a"]);
    const stacks = new FakeStacks();
    stacks.recorded = [{ name: "old", sourceKind: "directory", nodes: ["n1"], hash: "1" }];
    directory.snapshot = snapshotOf([], { silent: "it is not mounted" });
    await start(directory, stacks);
    directory.show(snapshotOf([], { silent: "it is missing" }));
    await settled();
    expect(stacks.calls).toEqual([]);
    directory.show(snapshotOf(["a"]));
    await settled();
    expect(stacks.calls).toEqual(["apply a@1", "remove old"]);
  });

  test("keeps what it has applied when the directory falls silent", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a"]);
    const stacks = new FakeStacks();
    await start(directory, stacks);
    directory.show(snapshotOf([], { silent: "it is not mounted" }));
    expect(stacks.calls).toEqual(["apply a@1"]);
  });

  test("removes what was removed while nobody led, if this node had it; and nothing of others", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["kept"], { removed: new Set(["seen-here"]) });
    const stacks = new FakeStacks();
    const recorded = (name: string, nodes: readonly string[], sourceKind: string | undefined = "directory") => ({
      name,
      sourceKind,
      nodes,
      hash: "1",
    });
    stacks.recorded = [
      recorded("kept", ["n1"]),
      recorded("had", ["n1", "n2"]),
      recorded("seen-here", ["n2"]),
      recorded("of-another-node", ["n2"]),
      recorded("of-a-plugin", ["n1"], "plugin"),
      { name: "of-nobody", sourceKind: undefined, nodes: [], hash: undefined },
    ];
    await start(directory, stacks);
    expect(stacks.calls).toEqual(["apply kept@1", "remove had", "remove seen-here"]);
  });

  test("asks the cluster again until it answers", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a"]);
    const stacks = new FakeStacks();
    stacks.recorded = new Error("unreachable");
    const { clock } = await start(directory, stacks);
    await clock.advance(2_500);
    stacks.recorded = [{ name: "old", sourceKind: "directory", nodes: ["n1"], hash: "1" }];
    await clock.advance(1_000);
    expect(stacks.calls.at(-1)).toBe("remove old");
  });

  test("leaves nothing behind, and does nothing after its end", async () => {
    const directory = new FakeDirectory();
    directory.snapshot = snapshotOf(["a"]);
    const stacks = new FakeStacks();
    stacks.recorded = new Error("unreachable");
    const { applier, context, clock } = await start(directory, stacks);
    context.abort.abort();
    applier.stop();
    expect([directory.listeners, clock.pending]).toEqual([0, 0]);
    directory.show(snapshotOf([]));
    expect(stacks.calls).toEqual(["apply a@1"]);
  });
});
