import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

/** `<hostname>_<uuid>`, as Kubernetes' own electors call themselves: another one at each call, so that a restarted process is another candidate. */
export function uniqueIdentity(): string {
  return `${hostname()}_${randomUUID()}`;
}
