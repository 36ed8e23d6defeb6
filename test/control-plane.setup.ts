import { startControlPlane } from "@tenure/control-plane";
import type { TestProject } from "vitest/node";

/** One real API server for all tests that ask for it; each works in names of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane({ onProgress: (line) => console.log(line) });
  project.provide("kubeconfig", controlPlane.kubeconfig);
  project.provide("apiServerUrl", controlPlane.url);
  project.provide("limitedKubeconfig", await controlPlane.createUser({ name: "limited" }));
  return () => controlPlane.stop();
}

declare module "vitest" {
  interface ProvidedContext {
    /** Path of a kubeconfig of the real API server. */
    kubeconfig: string;
    apiServerUrl: string;
    /** Path of a kubeconfig of a user "limited", who may do what tests grant by RBAC, and nothing else. */
    limitedKubeconfig: string;
  }
}
