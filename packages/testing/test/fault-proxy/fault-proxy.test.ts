import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FaultProxy } from "@tenure/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let server: Server;
let port: number;
const sockets = new Set<Socket>();

beforeEach(async () => {
  // Echoes, so that what comes back has passed both ways.
  server = createServer((socket) => {
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
    // Bytes that are not held back pass the loopback in far fewer turns than this.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
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
});
