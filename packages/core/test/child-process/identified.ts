import { identifyProcess, type ProcessIdentity } from "../../src/child-process/process-identity.ts";

/** The identity of a process that runs. */
export async function identified(pid: number): Promise<ProcessIdentity> {
  const identity = await identifyProcess(pid);
  if (identity === undefined) throw new Error(`process ${pid} does not run`);
  return identity;
}
