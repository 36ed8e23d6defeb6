import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FaultProxy, VirtualClock } from "@tenure/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let server: Server;
let port: number;
const sockets = new Set<Socket>();

beforeEach(async () => {
  // Echoes, so that what comes back has passed both ways.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

async function open(proxy: FaultProxy): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: proxy.port });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [bytes] = await once(socket, "data");
  return String(bytes);
}

/** Bytes that are not held back pass the loopback in far fewer turns of the event loop than this. */
async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Until as many bytes wait for their time. */
async function waiting(clock: VirtualClock, timers = 1): Promise<void> {
  while (clock.pending < timers) await turns(1);
}

function received(socket: Socket): { text: string } {
  const all = { text: "" };
  socket.on("data", (bytes) => {
    all.text += String(bytes);
  });
  return all;
}

describe("the fault proxy", () => {
  test("forwards both ways", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    expect(proxy.connections).toEqual({ open: 1, accepted: 1 });
    socket.destroy();
  });

  test("a cut resets what is open and what comes, until it is healed", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const before = await open(proxy);
    expect(await echo(before, "hello")).toBe("hello");
    const closed = new Promise((resolve) => before.on("close", resolve));
    proxy.cut();
    await closed;
    const during = connect({ host: "127.0.0.1", port: proxy.port });
    const [error] = await once(during, "error");
    expect(error.code).toBe("ECONNRESET");
    proxy.heal();
    const after = await open(proxy);
    expect(await echo(after, "again")).toBe("again");
    after.destroy();
  });

  test("a black hole says nothing, and what it held back arrives late", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    proxy.blackHole();
    let answered = false;
    const late = once(socket, "data").then(([bytes]) => {
      answered = true;
      return String(bytes);
    });
    socket.write("lost?");
    const other = await open(proxy);
    other.write("new");
    await turns();
    expect(answered).toBe(false);
    proxy.heal();
    expect(await late).toBe("lost?");
    socket.destroy();
    other.destroy();
  });

  test("a one-way black hole lets the server hear and keeps its answer", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    proxy.blackHole({ toServer: false, toClient: true });
    const heard = once([...sockets].at(-1) as Socket, "data");
    socket.write("one way");
    expect(String((await heard)[0])).toBe("one way");
    proxy.heal();
    expect(String((await once(socket, "data"))[0])).toBe("one way");
    socket.destroy();
  });

  test("a black hole hides that the server has closed, until it is healed", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    proxy.blackHole();
    let closed = false;
    const close = new Promise((resolve) => socket.on("close", resolve)).then(() => {
      closed = true;
    });
    [...sockets].at(-1)?.resetAndDestroy();
    await turns();
    expect(closed).toBe(false);
    proxy.heal();
    await close;
  });

  test("a reset breaks what is open, on both sides, and accepts what comes", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const before = await open(proxy);
    expect(await echo(before, "hello")).toBe("hello");
    const atServer = once([...sockets].at(-1) as Socket, "error");
    const atClient = once(before, "error");
    proxy.reset();
    expect((await atClient)[0].code).toBe("ECONNRESET");
    expect((await atServer)[0].code).toBe("ECONNRESET");
    const after = await open(proxy);
    expect(await echo(after, "again")).toBe("again");
    expect([proxy.fault.kind, proxy.connections]).toEqual(["none", { open: 1, accepted: 2 }]);
    after.destroy();
  });

  test("latency comes before every byte, each way, of new connections as well", async () => {
    const clock = new VirtualClock();
    await using proxy = await FaultProxy.start({ target: { port }, clock });
    const existing = await open(proxy);
    expect(await echo(existing, "hello")).toBe("hello");
    proxy.latency({ delay: 100 });
    for (const socket of [existing, await open(proxy)]) {
      const got = received(socket);
      socket.write("late");
      await waiting(clock);
      await clock.advance(99);
      await turns();
      expect(clock.pending).toBe(1); // still on its way to the server
      await clock.advance(1);
      await waiting(clock); // on its way back
      await clock.advance(99);
      await turns();
      expect(got.text).toBe("");
      await clock.advance(1);
      while (got.text !== "late") await turns(1);
    }
  });

  test("jitter is drawn from the seed", async () => {
    const drawn = async (seed: number): Promise<readonly number[]> => {
      const clock = new VirtualClock();
      await using proxy = await FaultProxy.start({ target: { port }, clock });
      proxy.latency({ delay: 100, jitter: 50, seed });
      const socket = await open(proxy);
      const got = received(socket);
      const delays: number[] = [];
      for (const text of ["a", "b", "c"]) {
        socket.write(text);
        await waiting(clock);
        delays.push((clock.nextTimer ?? 0) - clock.now());
        await clock.advance(150);
        await waiting(clock);
        await clock.advance(150);
      }
      while (got.text.length < 3) await turns(1);
      expect(got.text).toBe("abc");
      return delays;
    };
    const [first, same, other] = [await drawn(7), await drawn(7), await drawn(8)];
    expect(first).toEqual(same);
    expect(first).not.toEqual(other);
    for (const delay of first) {
      expect(delay).toBeGreaterThanOrEqual(100);
      expect(delay).toBeLessThanOrEqual(150);
    }
    expect(new Set(first).size).toBe(3);
  });

  test("jitter keeps the order", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    proxy.latency({ delay: 0, jitter: 20 });
    const socket = await open(proxy);
    const got = received(socket);
    const text = "abcdefghijklmnopqrstuvwxyz";
    for (const letter of text) {
      socket.write(letter);
      await turns(50);
    }
    while (got.text.length < text.length) await turns(1);
    expect(got.text).toBe(text);
    socket.destroy();
  });

  test("a throttle passes so many bytes a second, one way and not the other", async () => {
    const clock = new VirtualClock();
    await using proxy = await FaultProxy.start({ target: { port }, clock });
    proxy.throttle({ toServer: 1_000 });
    const socket = await open(proxy);
    const got = received(socket);
    socket.write("x".repeat(3_000));
    await waiting(clock);
    const after: number[] = [];
    for (let second = 0; second < 3; second++) {
      // Room is made as pieces leave, so that the sender's next bytes come meanwhile.
      for (let step = 0; step < 20; step++) {
        await clock.advance(50);
        await turns(20);
      }
      after.push(got.text.length);
    }
    expect(after).toEqual([1_000, 2_000, 3_000]);
  });

  test.each([
    ["a throttle", (proxy: FaultProxy) => proxy.throttle({ toServer: 1_000 })],
    ["a black hole", (proxy: FaultProxy) => proxy.blackHole()],
  ])("%s holds the sender back", async (_name, fault) => {
    await using proxy = await FaultProxy.start({ target: { port }, clock: new VirtualClock() });
    fault(proxy);
    const socket = await open(proxy);
    const part = Buffer.alloc(1024 * 1024);
    let sent = 0;
    const send = (error?: Error | null): void => {
      if (error || sent++ === 40) return;
      socket.write(part, send);
    };
    send();
    await turns(3_000);
    // The buffers of the system take some.
    expect(sent).toBeLessThan(15);
    socket.destroy();
  });

  test("a fault that is healed passes on at once, and in order, what waited", async () => {
    const clock = new VirtualClock();
    await using proxy = await FaultProxy.start({ target: { port }, clock });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    const got = received(socket);
    proxy.latency({ delay: 1_000 });
    socket.write("a");
    await waiting(clock);
    proxy.throttle({ toServer: 10 });
    socket.write("bcdef");
    await turns();
    proxy.blackHole();
    socket.write("g");
    await turns();
    expect([got.text, clock.pending]).toEqual(["", 0]);
    proxy.heal();
    while (got.text.length < 7) await turns(1);
    expect(got.text).toBe("abcdefg");
  });

  test("the end of one side passes, late with latency, and the other side may still speak", async () => {
    const clock = new VirtualClock();
    await using proxy = await FaultProxy.start({ target: { port }, clock });
    const socket = await open(proxy);
    expect(await echo(socket, "hello")).toBe("hello");
    const got = received(socket);
    const ended = once(socket, "end");
    proxy.latency({ delay: 100 });
    const atServer = [...sockets].at(-1) as Socket;
    atServer.unpipe();
    let heard = false;
    atServer.on("end", () => {
      heard = true;
    });
    socket.end();
    await waiting(clock);
    await clock.advance(99);
    await turns();
    expect(heard).toBe(false);
    await clock.advance(1);
    while (!heard) await turns(1);
    atServer.end("still here");
    await waiting(clock);
    await clock.advance(100);
    await ended;
    expect(got.text).toBe("still here");
    while (proxy.connections.open > 0) await turns(1);
  });

  test("a server that refuses is a reset for the client, and no error of the process", async () => {
    const closed = createServer();
    closed.listen({ host: "127.0.0.1", port: 0 });
    await once(closed, "listening");
    const address = closed.address();
    await new Promise((resolve) => closed.close(resolve));
    const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
    await using proxy = await FaultProxy.start({ target });
    const socket = connect({ host: "127.0.0.1", port: proxy.port });
    const [error] = await once(socket, "error");
    expect(error.code).toBe("ECONNRESET");
  });

  test("a fault that cannot be is refused", async () => {
    await using proxy = await FaultProxy.start({ target: { port } });
    const code = "TENURE_FAULT_PROXY_OPTION";
    for (const wrong of [
      () => proxy.latency({ delay: -1 }),
      () => proxy.latency({ delay: 1, jitter: Number.NaN }),
      () => proxy.throttle({ toClient: 0 }),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code }));
    }
    expect(proxy.fault.kind).toBe("none");
  });
});
