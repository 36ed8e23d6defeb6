import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defineComponent } from "@tenure/core";
import { conformanceCases } from "@tenure/testing";
import { expect, test } from "vitest";

const path = fileURLToPath(new URL("./fixtures/late-errors.ts", import.meta.url));

test.each([
  ["reject", 0],
  ["reject", 10],
  ["reject", 100],
  ["reject", 300],
  ["throw", 0],
  ["throw", 10],
  ["throw", 300],
  ["microtask", 10],
  ["foreign", 5],
])("an error that comes late is reported and does not end the process: %s after %i ms", async (how, delay) => {
  const args = ["--conditions=@tenure/source", path, how, String(delay)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const text = expect.stringContaining('component "late" left an error unhandled: too late');
  expect(JSON.parse(stdout)).toEqual([{ name: "leaves no error unhandled", detail: text }]);
});

const cases = (delay: number) =>
  conformanceCases({
    component: defineComponent({
      name: "late",
      scope: "leader",
      create: () => ({
        start() {
          setTimeout(() => void Promise.reject(new Error("too late")), delay).unref();
        },
      }),
    }),
    terms: 5,
    grace: 20,
    watch: 10,
  });

const named = (all: ReturnType<typeof cases>, name: string) => {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found;
};

test("an error that comes between two cases is reported by the case for it", async () => {
  const all = cases(100);
  await named(all, "starts").run();
  await sleep(150);
  await expect(named(all, "leaves no error unhandled").run()).rejects.toThrow(/left an error unhandled: too late/);
});

test("an error that comes after the case for it is reported by the next case", async () => {
  const all = cases(100);
  await named(all, "leaves no error unhandled").run();
  await sleep(150);
  await expect(named(all, "starts").run()).rejects.toThrow(/left an error unhandled: too late/);
});

test("an error of somebody else goes to whoever listens, also between two cases", async () => {
  const seen: unknown[] = [];
  const before = process.rawListeners("unhandledRejection");
  const all = cases(1e6);
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => seen.push(error));
  try {
    await named(all, "starts").run();
    void Promise.reject(new Error("of a stranger"));
    await sleep(20);
    await named(all, "leaves no error unhandled").run();
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of before) process.on("unhandledRejection", listener as () => void);
  }
  expect(seen).toEqual([expect.objectContaining({ message: "of a stranger" })]);
});
