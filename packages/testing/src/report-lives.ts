import { connect } from "node:net";
import type { Controller } from "@tenure/core";
import { type LifeReport, monotonic } from "./life-recorder.ts";

const livePhases: ReadonlySet<string> = new Set(["starting", "running", "degraded", "stopping", "stuck"]);

/**
 * Reports the lives of a controller's components to a `LifeRecorder` on this machine's loopback. Call it before `run`. A
 * recorder that is gone harms nothing: it is a witness, not a part.
 *
 * @param name of this process in the recorder's findings.
 * @returns a function that ends the report.
 */
export function reportLives(
  controller: Controller,
  options: { readonly port: number; readonly name: string },
): () => void {
  const socket = connect({ host: "127.0.0.1", port: options.port });
  socket.on("error", () => {});
  socket.unref();
  const send = (report: LifeReport) => void socket.write(`${JSON.stringify(report)}\n`);
  send({ type: "hello", process: options.name });
  const scopes = new Map(controller.snapshot().components.map(({ name, scope }) => [name, scope]));
  const scopeOf = (component: string) => {
    const known = scopes.get(component);
    if (known !== undefined) return known;
    // A child lives in the scope of its parent, whose name its own begins with.
    return scopes.get(component.slice(0, component.indexOf("/"))) ?? "process";
  };
  const off = controller.on("component.phase", ({ component, instance, to }) => {
    send({
      type: "phase",
      component,
      instance,
      scope: scopeOf(component),
      to,
      live: livePhases.has(to),
      at: monotonic(),
    });
  });
  return () => {
    off();
    socket.destroy();
  };
}
