import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { acquireLock, lockExists, lockOwner, type OwnerLock, tryLock } from "../src/owner-lock.ts";
import { identifyProcess } from "../src/process-identity.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function lockPath(): Promise<string> {
  return join(await temporaryDirectory(), "lock");
}

async function taken(path: string): Promise<OwnerLock> {
  const lock = await tryLock(path);
  if ("heldBy" in lock) throw new Error(`held by ${lock.heldBy.pid}`);
  return lock;
}

describe("a lock between processes", () => {
  test("is held by one, who is named to the others", async () => {
    const path = await lockPath();
    expect(await lockExists(path)).toBe(false);
    const lock = await taken(path);
    expect(await tryLock(path)).toEqual({ heldBy: await identifyProcess(process.pid) });
    expect(await lockOwner(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await lockOwner(path)).toBeUndefined();
    await taken(path);
  });

  test("a second release does not let go of the next owner's lock", async () => {
    const path = await lockPath();
    const first = await taken(path);
    await first.release();
    await taken(path);
    await first.release();
    expect(await tryLock(path)).toHaveProperty("heldBy");
  });

  test("is taken over from an owner that is dead, even if its process id is in use again", async () => {
    const path = await lockPath();
    await taken(path);
    const [ticket = ""] = await readdir(path);
    await writeFile(join(path, ticket), JSON.stringify({ pid: process.pid, started: "another boot/1" }));
    expect(await lockOwner(path)).toBeUndefined();
    await taken(path);
  });

  test("is never held by two, whoever finds the dead owner first", async () => {
    const path = await lockPath();
    await taken(path);
    const [ticket = ""] = await readdir(path);
    await writeFile(join(path, ticket), JSON.stringify({ pid: 2 ** 22, started: "dead" }));
    let holders = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const lock = await acquireLock(path, { pollEvery: 1 });
        holders += 1;
        expect(holders).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        holders -= 1;
        turns += 1;
        await lock.release();
      }),
    );
    expect(turns).toBe(12);
    expect(await readdir(path)).toHaveLength(1);
  });

  test("tells those who wait whom they wait for", async () => {
    const path = await lockPath();
    const lock = await taken(path);
    const waits: number[] = [];
    const second = acquireLock(path, {
      pollEvery: 1,
      onWait: (owner) => {
        waits.push(owner.pid);
        void lock.release();
      },
    });
    await (await second).release();
    expect(waits).toEqual([process.pid]);
  });
});
