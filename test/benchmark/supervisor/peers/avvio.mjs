import avvio from "avvio";
import { layeredGraph } from "../layered-graph.ts";
import { heapOf } from "../memory.ts";
import { serve } from "../serve.ts";

/** avvio loads one plugin after the other, in the order given: dependencies first. It has no edges. */
function describeGraph(request) {
  const app = avvio({}, { autostart: false, timeout: 0 });
  for (const _node of layeredGraph(request)) {
    app.use(async () => {
      if (request.work > 0) await new Promise((resolve) => setTimeout(resolve, request.work));
    });
    app.onClose(async () => {});
  }
  return app;
}

async function started(app) {
  const begun = performance.now();
  app.start();
  await app.ready();
  return performance.now() - begun;
}

await serve({
  async start(request) {
    const app = describeGraph(request);
    const took = await started(app);
    await app.close();
    return took;
  },
  async stop(request) {
    const app = describeGraph(request);
    await started(app);
    const begun = performance.now();
    await app.close();
    return performance.now() - begun;
  },
  async heap(request) {
    const running = async () => {
      const app = describeGraph(request);
      await started(app);
      return app;
    };
    const bytes = await heapOf(running, (app) => app.close());
    return bytes / (request.layers * request.width);
  },
});
