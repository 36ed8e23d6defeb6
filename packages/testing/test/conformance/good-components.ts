import { EventEmitter, once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createToken, defineComponent } from "@tenure/core";
import { fakeProvider } from "@tenure/testing";

/** What writers write to: counts, and refuses nothing, so that only the writer keeps itself from writing late. */
export interface Store {
  write(): Promise<void>;
}

export const storeToken = createToken<Store>("test.store");

export class CountingStore implements Store {
  writes = 0;

  async write(): Promise<void> {
    await sleep(1);
    this.writes++;
  }
}

export const storeProvider = (store: Store) => fakeProvider(storeToken, store);

/** Listens on a port, and answers. */
export const goodServer = defineComponent({
  name: "server",
  stopTimeout: 500,
  create: () => {
    let server: Server | undefined;
    const sockets = new Set<Socket>();
    return {
      port: 0,
      async start() {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.on("error", () => {}).on("close", () => sockets.delete(socket));
          socket.end("hello");
        });
        server.listen({ host: "127.0.0.1", port: 0 });
        await once(server, "listening");
      },
      healthy: () => server?.listening ?? false,
      async stop() {
        for (const socket of sockets) socket.destroy();
        if (server?.listening) await new Promise((resolve) => server?.close(resolve));
      },
    };
  },
});

/** One loop that writes until it is asked to stop. */
export const goodWriter = defineComponent({
  name: "writer",
  scope: "leader",
  needs: { store: storeToken },
  create: ({ store }) => ({
    async run({ signal, term }) {
      while (!signal.aborted) {
        if (term.held) await store.write();
        await sleep(2, undefined, { signal }).catch(() => {});
      }
    },
  }),
});

/** A start that takes some time, and a timer, and a subscription to something that outlives it. */
export const outliving = new EventEmitter();

export const goodPoller = defineComponent({
  name: "poller",
  scope: "leader",
  create: () => {
    let timer: NodeJS.Timeout | undefined;
    const listener = () => {};
    return {
      async start({ signal }) {
        await sleep(5, undefined, { signal });
        outliving.on("change", listener);
        timer = setInterval(() => {}, 1);
      },
      stop() {
        clearInterval(timer);
        outliving.off("change", listener);
      },
    };
  },
});

/** Each term it spawns children, with a timer each. */
export const goodParent = defineComponent({
  name: "parent",
  scope: "leader",
  spawns: true,
  create: () => ({
    start({ spawn }) {
      for (const name of ["a", "b"]) {
        spawn(
          defineComponent({
            name,
            scope: "leader",
            create: () => ({ run: ({ signal }) => sleep(60_000, undefined, { signal }) }),
          }),
        );
      }
    },
  }),
});
