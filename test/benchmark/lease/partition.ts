import type { HttpFaultProxy } from "@tenure/testing";

/** Nothing of what concerns this Lease passes any more, in either direction, as when the network swallows it. @returns what ends it. */
export function partition(way: HttpFaultProxy, lease: string): () => void {
  const faults = [way.delayRequest({ name: lease }), way.delayReply({ name: lease }), way.hangWatch({ name: lease })];
  return () => {
    for (const fault of faults) fault.remove();
  };
}
