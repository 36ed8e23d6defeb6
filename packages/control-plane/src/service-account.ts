import type { ApiClient } from "./api-request.ts";

/** A rule of a Role or ClusterRole, as rbac.authorization.k8s.io/v1 has it. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface ServiceAccountOptions {
  /** Created if it is not there. */
  readonly namespace: string;
  readonly name: string;
  /** What it may do in its namespace. Default: nothing. */
  readonly rules?: readonly PolicyRule[];
  /** What it may do in the whole cluster. Default: nothing. */
  readonly clusterRules?: readonly PolicyRule[];
  /** Seconds for which the token is good; the API server takes 600 and more. Default 86,400: longer than any test. */
  readonly expirationSeconds?: number;
}

const fieldManager = "tenure-control-plane";
const rbac = "rbac.authorization.k8s.io";

async function apply(api: ApiClient, path: string, body: { metadata: { name: string } }): Promise<void> {
  const query = new URLSearchParams({ fieldManager, force: "true" });
  await api.request({ method: "PATCH", path: `${path}/${body.metadata.name}?${query}`, body });
}

/**
 * Makes a service account with exactly these rights (and those that Kubernetes gives to everybody who is authenticated)
 * and resolves with a token for it from the TokenRequest API. A second call with the same name replaces the rights.
 */
export async function serviceAccountToken(api: ApiClient, options: ServiceAccountOptions): Promise<string> {
  const { namespace, name, rules = [], clusterRules = [], expirationSeconds = 86_400 } = options;
  await apply(api, "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  } as never);
  const core = `/api/v1/namespaces/${namespace}`;
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
  await apply(api, `${core}/serviceaccounts`, account);

  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const role = { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name, namespace }, rules };
  const roleRef = { apiGroup: rbac, kind: "Role", name };
  const binding = { apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata: { name, namespace }, roleRef, subjects };
  const namespaced = `/apis/${rbac}/v1/namespaces/${namespace}`;
  await apply(api, `${namespaced}/roles`, role);
  await apply(api, `${namespaced}/rolebindings`, binding);

  // Of the whole cluster, and so named after the namespace too.
  const clusterName = `${namespace}:${name}`;
  const clusterRole = {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: clusterName },
    rules: clusterRules,
  };
  const clusterBinding = {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: clusterName },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: clusterName },
    subjects,
  };
  await apply(api, `/apis/${rbac}/v1/clusterroles`, clusterRole);
  await apply(api, `/apis/${rbac}/v1/clusterrolebindings`, clusterBinding);

  const { status } = await api.request<{ status: { token: string } }>({
    method: "POST",
    path: `${core}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds } },
  });
  return status.token;
}
