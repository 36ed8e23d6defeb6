import { pkiFiles } from "./credentials.ts";

/**
 * The flags of each server. All run in the data folder, so paths are relative, and etcd's sockets are files in it: no port,
 * nobody else may open them, and no path is too long for a socket.
 */
const etcdPeerSocket = "unix://etcd-peer.sock";

export const files = {
  etcdSocket: "etcd.sock",
  adminKubeconfig: "kubeconfig",
  controllerManagerKubeconfig: "pki/controller-manager.kubeconfig",
  schedulerKubeconfig: "pki/scheduler.kubeconfig",
  auditPolicy: "audit-policy.yaml",
  auditLog: "logs/audit.jsonl",
  stages: "stages.yaml",
} as const;

const etcdSocket = `unix://${files.etcdSocket}`;

export function etcdFlags(): string[] {
  return [
    "--name=default",
    "--data-dir=etcd",
    `--listen-client-urls=${etcdSocket}`,
    `--advertise-client-urls=${etcdSocket}`,
    `--listen-peer-urls=${etcdPeerSocket}`,
    `--initial-advertise-peer-urls=${etcdPeerSocket}`,
    `--initial-cluster=default=${etcdPeerSocket}`,
    // A crash of the machine may lose data; a crash of etcd does not. For a test cluster that buys most of its speed.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

export interface ApiServerFlags {
  readonly port: number;
  readonly controllers: boolean;
  readonly auditLog: boolean;
  readonly extra: readonly string[];
}

export function apiServerFlags({ port, controllers, auditLog, extra }: ApiServerFlags): string[] {
  return [
    `--etcd-servers=${etcdSocket}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--tls-cert-file=${pkiFiles.serving}`,
    `--tls-private-key-file=${pkiFiles.servingKey}`,
    `--client-ca-file=${pkiFiles.authority}`,
    `--token-auth-file=${pkiFiles.tokens}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${pkiFiles.serviceAccountKey}`,
    `--service-account-signing-key-file=${pkiFiles.serviceAccountKey}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged=true",
    "--profiling=false",
    // Nobody makes the default service account of a namespace without controllers, and no pod could be created.
    ...(controllers ? [] : ["--disable-admission-plugins=ServiceAccount"]),
    ...(auditLog
      ? [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`, "--audit-log-format=json"]
      : []),
    ...extra,
  ];
}

/** Every request, once it is answered, with who asked for what. */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{ level: Metadata }]
`;

/** The defaults, 20 requests a second, are for clusters that others use too. */
const generousClient = ["--kube-api-qps=500", "--kube-api-burst=1000"];

function servingFlags(port: number): string[] {
  return [
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${pkiFiles.serving}`,
    `--tls-private-key-file=${pkiFiles.servingKey}`,
  ];
}

function clientFlags(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    ...generousClient,
  ];
}

export function controllerManagerFlags(port: number, extra: readonly string[]): string[] {
  return [
    ...clientFlags(files.controllerManagerKubeconfig),
    ...servingFlags(port),
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${pkiFiles.serviceAccountKey}`,
    `--root-ca-file=${pkiFiles.authority}`,
    `--cluster-signing-cert-file=${pkiFiles.authority}`,
    `--cluster-signing-key-file=${pkiFiles.authorityKey}`,
    "--allocate-node-cidrs=false",
    ...extra,
  ];
}

export function schedulerFlags(port: number, extra: readonly string[]): string[] {
  return [...clientFlags(files.schedulerKubeconfig), ...servingFlags(port), ...extra];
}

export function simulatedNodesFlags(port: number): string[] {
  return [
    `--kubeconfig=${files.adminKubeconfig}`,
    `--config=${files.stages}`,
    "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    // No leases: the stages' heartbeats serve, and a kwok that is started again minds all nodes at once.
    "--node-lease-duration-seconds=0",
    "--cidr=10.244.0.0/16",
    "--node-ip=10.0.0.1",
    `--server-address=127.0.0.1:${port}`,
  ];
}
