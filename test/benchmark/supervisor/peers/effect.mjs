import { Context, Effect, Exit, Layer, Scope } from "effect";
import { layeredGraph } from "../layered-graph.ts";
import { heapOf } from "../memory.ts";
import { serve } from "../serve.ts";

/** Each node a service with a layer, provided with the layers that it needs; layers are shared by reference, and built in parallel. */
function describeGraph(request) {
  const nodes = new Map();
  for (const { name, needs } of layeredGraph(request)) {
    const tag = Context.Service(name);
    const needed = needs.map((need) => nodes.get(need));
    const own = Layer.effect(
      tag,
      Effect.gen(function* () {
        for (const { tag } of needed) yield* tag;
        if (request.work > 0) yield* Effect.sleep(request.work);
        yield* Effect.addFinalizer(() => Effect.void);
        return { name };
      }),
    );
    const layer =
      needed.length === 0
        ? own
        : Layer.provide(
            own,
            needed.map(({ layer }) => layer),
          );
    nodes.set(name, { tag, layer });
  }
  return Layer.mergeAll(...[...nodes.values()].map(({ layer }) => layer));
}

async function started(layer) {
  const scope = await Effect.runPromise(Scope.make());
  const begun = performance.now();
  await Effect.runPromise(Layer.buildWithScope(layer, scope));
  return { took: performance.now() - begun, scope };
}

const close = (scope) => Effect.runPromise(Scope.close(scope, Exit.void));

await serve({
  async start(request) {
    const { took, scope } = await started(describeGraph(request));
    await close(scope);
    return took;
  },
  async stop(request) {
    const { scope } = await started(describeGraph(request));
    const begun = performance.now();
    await close(scope);
    return performance.now() - begun;
  },
  async heap(request) {
    const bytes = await heapOf(
      async () => {
        const layer = describeGraph(request);
        return { layer, ...(await started(layer)) };
      },
      ({ scope }) => close(scope),
    );
    return bytes / (request.layers * request.width);
  },
});
