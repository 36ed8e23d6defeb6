import type { CallTarget } from "./call-target.ts";

/** `Status` of meta/v1, which the API server answers errors with. */
export interface StatusBody {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: "Failure";
  readonly message: string;
  readonly reason: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

/** @param retryAfter in s. */
export function statusBody(code: number, target: CallTarget, message?: string, retryAfter?: number): StatusBody {
  const known = knownStatus(code, target);
  const details = {
    ...(known.aboutObject && target.name !== undefined && { name: target.name }),
    ...(known.aboutObject && target.group && { group: target.group }),
    ...(known.aboutObject && target.resource !== undefined && { kind: target.resource }),
    ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
  };
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: message ?? known.message,
    reason: known.reason,
    ...(Object.keys(details).length > 0 && { details }),
    code,
  };
}

function knownStatus(code: number, target: CallTarget): { reason: string; message: string; aboutObject?: boolean } {
  const { resource = "", group, name, namespace, verb, path } = target;
  const qualified = group ? `${resource}.${group}` : resource;
  const object = name === undefined ? qualified : `${qualified} "${name}"`;
  switch (code) {
    case 401:
      return { reason: "Unauthorized", message: "Unauthorized" };
    case 403: {
      const what = resource
        ? `resource "${resource}" in API group "${group ?? ""}"${namespace === undefined ? " at the cluster scope" : ` in the namespace "${namespace}"`}`
        : `path "${path}"`;
      const message = `${object || "this"} is forbidden: User "fault-proxy" cannot ${verb} ${what}`;
      return { reason: "Forbidden", message, aboutObject: true };
    }
    case 404:
      return { reason: "NotFound", message: `${object} not found`, aboutObject: true };
    case 409:
      if (verb === "create") return { reason: "AlreadyExists", message: `${object} already exists`, aboutObject: true };
      return {
        reason: "Conflict",
        message: `Operation cannot be fulfilled on ${object}: the object has been modified; please apply your changes to the latest version and try again`,
        aboutObject: true,
      };
    case 410:
      return { reason: "Expired", message: "too old resource version: 1 (2)" };
    case 429:
      return { reason: "TooManyRequests", message: "Too many requests, please try again later." };
    case 500:
      return { reason: "InternalError", message: "Internal error occurred: injected by the fault proxy" };
    case 503:
      return {
        reason: "ServiceUnavailable",
        message: "the server is currently unable to handle the request",
      };
    case 504:
      return { reason: "Timeout", message: "Timeout: request did not complete within the allotted timeout" };
    default:
      return { reason: "Unknown", message: `the server could not answer: ${code}` };
  }
}
