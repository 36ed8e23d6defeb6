import { connect } from "node:net";
import { defineComponent } from "@tenure/core";
import { LifeRecorder, reportLives, startTestController } from "@tenure/testing";
import { describe, expect, test } from "vitest";

async function until(recorder: LifeRecorder, condition: () => boolean): Promise<void> {
  if (condition()) return;
  await new Promise<void>((resolve) => {
    const off = recorder.subscribe(() => {
      if (!condition()) return;
      off();
      resolve();
    });
  });
}

const worker = () => defineComponent({ name: "worker", scope: "leader", create: () => ({}) });

describe("the life recorder", () => {
  test("sees components of two processes that live at once, and none when they take turns", async () => {
    const recorder = await LifeRecorder.start();
    const first = await startTestController({ components: [worker()] });
    const second = await startTestController({ components: [worker()] });
    const ends = [first, second].map(({ controller }, index) =>
      reportLives(controller, { port: recorder.port, name: `p${index}` }),
    );
    await first.grant();
    await until(recorder, () => recorder.living("leader", "p0").length === 1);
    await first.drain();
    await until(recorder, () => recorder.living("leader").length === 0);
    await second.grant();
    await until(recorder, () => recorder.living("leader", "p1").length === 1);
    expect(recorder.overlaps("leader")).toEqual([]);
    await first.grant();
    await until(recorder, () => recorder.living("leader").length === 2);
    expect(recorder.overlaps("leader")).toMatchObject([{ component: "worker", processes: ["p1", "p0"] }]);
    for (const end of ends) end();
    await recorder.stop();
  });

  test("half a line of a process that was killed while it wrote harms nothing", async () => {
    const recorder = await LifeRecorder.start();
    const socket = connect({ host: "127.0.0.1", port: recorder.port });
    const life = { type: "phase", component: "worker", instance: 1, scope: "leader", to: "running", live: true, at: 1 };
    socket.write(`${JSON.stringify({ type: "hello", process: "p" })}\n${JSON.stringify(life)}\n`);
    await until(recorder, () => recorder.living("leader", "p").length === 1);
    socket.end('{"type":"phase","comp');
    await expect.poll(() => recorder.living("leader").length).toBe(0);
    await recorder.stop();
  });

  test("the end of a process ends its lives", async () => {
    const recorder = await LifeRecorder.start();
    const controller = await startTestController({ components: [worker()] });
    const end = reportLives(controller.controller, { port: recorder.port, name: "p" });
    await controller.grant();
    await until(recorder, () => recorder.living("leader").length === 1);
    end();
    await expect.poll(() => recorder.living("leader").length).toBe(0);
    await recorder.stop();
  });
});
