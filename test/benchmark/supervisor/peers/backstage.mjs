import { createSpecializedBackend } from "@backstage/backend-app-api";
import {
  coreServices,
  createBackendModule,
  createBackendPlugin,
  createExtensionPoint,
  createServiceFactory,
  createServiceRef,
} from "@backstage/backend-plugin-api";
import { layeredGraph } from "../layered-graph.ts";
import { heapOf } from "../memory.ts";
import { serve } from "../serve.ts";

// The application's own services that a backend insists on, as small as they can be.
const silent = { child: () => silent, debug() {}, info() {}, warn() {}, error() {} };
const noConfig = {
  getOptionalString: () => undefined,
  getOptionalConfig: () => undefined,
  getOptionalConfigArray: () => undefined,
};

function lifecycle() {
  const hooks = { startup: [], beforeShutdown: [], shutdown: [] };
  const run = async (list) => void (await Promise.all(list.map((hook) => hook())));
  return {
    addStartupHook: (hook) => hooks.startup.push(hook),
    addBeforeShutdownHook: (hook) => hooks.beforeShutdown.push(hook),
    addShutdownHook: (hook) => hooks.shutdown.push(hook),
    startup: () => run(hooks.startup),
    beforeShutdown: () => run(hooks.beforeShutdown),
    shutdown: () => run(hooks.shutdown),
  };
}

const own = [
  [coreServices.rootLogger, () => silent],
  [coreServices.logger, () => silent],
  [coreServices.rootConfig, () => noConfig],
  [coreServices.rootLifecycle, lifecycle],
  [coreServices.lifecycle, lifecycle],
].map(([service, factory]) => createServiceFactory({ service, deps: {}, factory }));

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Each node a service: services are what has dependencies in Backstage. A backend that is made of them checks them for cycles. */
function asServices(request) {
  const references = new Map();
  return layeredGraph(request).map(({ name, needs }) => {
    const service = createServiceRef({ id: name, scope: "root" });
    references.set(name, service);
    const deps = Object.fromEntries(needs.map((need) => [need, references.get(need)]));
    return createServiceFactory({ service, deps, factory: async () => ({ name }) });
  });
}

const work = async ({ work }) => {
  if (work > 0) await sleep(work);
};

/**
 * Each node a module of one plugin: what can have edges and is begun in parallel where these allow it. A module is begun after those that
 * consume what it provides, so a node consumes the extension points of the nodes that need it.
 */
function asModules(request) {
  const backend = createSpecializedBackend({ defaultServiceFactories: own });
  const nodes = layeredGraph(request);
  const points = new Map(nodes.map(({ name }) => [name, createExtensionPoint({ id: name })]));
  const neededBy = new Map(nodes.map(({ name }) => [name, []]));
  for (const { name, needs } of nodes) for (const need of needs) neededBy.get(need).push(points.get(name));
  const register = (env) => env.registerInit({ deps: {}, async init() {} });
  backend.add(createBackendPlugin({ pluginId: "graph", register }));
  for (const { name } of nodes) {
    const deps = { lifecycle: coreServices.lifecycle, ...neededBy.get(name) };
    const init = async ({ lifecycle }) => {
      await work(request);
      lifecycle.addShutdownHook(async () => {});
    };
    const register = (env) => {
      env.registerExtensionPoint(points.get(name), {});
      env.registerInit({ deps, init });
    };
    backend.add(createBackendModule({ pluginId: "graph", moduleId: name, register }));
  }
  return backend;
}

/** Each node a plugin: these have no edges, and are all begun at once. */
function asPlugins(request) {
  const backend = createSpecializedBackend({ defaultServiceFactories: own });
  for (const { name } of layeredGraph(request)) {
    const init = async ({ lifecycle }) => {
      await work(request);
      lifecycle.addShutdownHook(async () => {});
    };
    const register = (env) => env.registerInit({ deps: { lifecycle: coreServices.lifecycle }, init });
    backend.add(createBackendPlugin({ pluginId: name, register }));
  }
  return backend;
}

const described = process.argv[2] === "plugins" ? asPlugins : asModules;

const starting = async (backend) => {
  const begun = performance.now();
  await backend.start();
  return performance.now() - begun;
};

await serve({
  async start(request) {
    const backend = described(request);
    const took = await starting(backend);
    await backend.stop();
    return took;
  },
  async stop(request) {
    const backend = described(request);
    await starting(backend);
    const begun = performance.now();
    await backend.stop();
    return performance.now() - begun;
  },
  async validate(request) {
    const services = asServices(request);
    const begun = performance.now();
    createSpecializedBackend({ defaultServiceFactories: services });
    return performance.now() - begun;
  },
  async heap(request) {
    const running = async () => {
      const backend = described(request);
      await starting(backend);
      return backend;
    };
    const bytes = await heapOf(running, (backend) => backend.stop());
    return bytes / (request.layers * request.width);
  },
});
