import { Credentials, type CredentialsOptions } from "./credentials.ts";
import { HttpTransport } from "./http-transport.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { RestClient } from "./rest-client.ts";

export interface ClientOptions extends CredentialsOptions {
  /** Calls at once, watches not counted; further ones wait their turn. Default 16: beyond that the API server is no faster. */
  readonly maxConcurrency?: number;
}

export const defaultMaxConcurrency = 16;

/** Makes a client with connections of its own. Does not contact the server. @throws KubernetesError `KUBE_CONFIG_INVALID`. */
export async function createClient(options: ClientOptions = {}): Promise<KubernetesClient> {
  return clientFor(await Credentials.load(options), options.maxConcurrency);
}

export function clientFor(credentials: Credentials, maxConcurrency: number = defaultMaxConcurrency): KubernetesClient {
  return new RestClient(new HttpTransport(credentials, maxConcurrency));
}
