import type { Readable } from "node:stream";
import type { WatchEvent } from "./kubernetes-client.ts";
import { errorOfStatus, KubernetesError, type StatusBody } from "./kubernetes-error.ts";

/**
 * The events of a watch: one JSON object a line. An ERROR event, as 410 for a resourceVersion that is too old, is thrown.
 *
 * @param what the watch in words, for errors.
 */
export async function* readWatch(what: string, body: Readable, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of linesOf(body)) {
      const event = JSON.parse(line) as { type: string; object: unknown };
      if (event.type === "ERROR") {
        const status = event.object as StatusBody & { readonly code?: number };
        throw errorOfStatus(what, status.code ?? 500, status);
      }
      yield event as WatchEvent;
    }
  } catch (cause) {
    if (cause instanceof KubernetesError) throw cause;
    if (signal.aborted) return;
    throw new KubernetesError(`${what}: the connection broke`, {
      code: "KUBE_UNREACHABLE",
      kind: "unreachable",
      remedy: "List again and watch from there.",
      cause,
    });
  } finally {
    body.destroy();
  }
}

async function* linesOf(body: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim() !== "") yield line;
    }
  }
}
