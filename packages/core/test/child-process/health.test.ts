import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { childProcess, systemClock } from "@tenure/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { issueCertificate, keyPem } from "../../../control-plane/src/certificate.ts";
import { askInTime } from "../../src/child-process/probe.ts";
import { runController } from "./run-controller.ts";

describe("the health of a child process", () => {
  test("a process that runs and does not answer any more is restarted", async () => {
    let answer = true;
    const t = await runController(
      childProcess({
        name: "a",
        command: "sleep",
        args: ["100"],
        healthy: { probe: () => answer },
        health: { interval: 5, threshold: 2 },
        restart: { backoff: { base: 1, jitter: 0 } },
      }),
    );
    await t.reached("a", "running");
    answer = false;
    expect((await t.next("a", "degraded")).reason.text).toContain("its probe says no");
    await t.next("a", "backoff");
    answer = true;
    expect((await t.next("a", "running")).instance).toBe(2);
  });

  test("without a probe it is not asked", async () => {
    const t = await runController(childProcess({ name: "a", command: "sleep", args: ["100"] }));
    await t.reached("a", "running");
    expect(t.controller.snapshot().components[0]?.health).toBeUndefined();
  });
});

describe("a probe by URL", () => {
  test("by https trusts whom it is told to trust, and says what is wrong otherwise", async () => {
    const authority = issueCertificate({ commonName: "authority", usage: "authority" });
    const server = issueCertificate({ commonName: "server", usage: "server", hosts: ["127.0.0.1"] }, authority);
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const https = createServer({ key: keyPem(server.key), cert: server.certificate }, (request, response) => {
      response.statusCode = request.url === "/readyz" ? 200 : 500;
      response.end();
    }).listen(0, "127.0.0.1", resolve);
    onTestFinished(() => void https.close());
    await listening;
    const origin = `https://127.0.0.1:${(https.address() as AddressInfo).port}`;
    const tls = { ca: authority.certificate };
    expect(await askInTime({ http: `${origin}/readyz`, tls }, systemClock)).toEqual({ ok: true });
    expect(await askInTime({ http: `${origin}/other`, tls }, systemClock)).toEqual({
      ok: false,
      detail: "it answers with status 500",
    });
    expect((await askInTime({ http: `${origin}/readyz` }, systemClock)).detail).toMatch(/certificate/);
    const careless = { http: `${origin}/readyz`, tls: { rejectUnauthorized: false } };
    expect(await askInTime(careless, systemClock)).toEqual({ ok: true });
  });

  test("that is not answered is over in time, and leaves no connection", async () => {
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const silent = createTcpServer((socket) => {
      socket.on("error", () => {}).on("close", () => closed.resolve());
      socket.resume();
    }).listen(0, "127.0.0.1", resolve);
    onTestFinished(() => void silent.close());
    await listening;
    const { port } = silent.address() as AddressInfo;
    expect(await askInTime({ http: `http://127.0.0.1:${port}/`, timeout: 50 }, systemClock)).toMatchObject({
      ok: false,
    });
    await closed.promise;
  });
});
