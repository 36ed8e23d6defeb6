/** As RBAC names them; of what is no resource, the method in lower case. */
export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** What a call asks for, read from its method and URL as the API server reads them. */
export interface CallTarget {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly verb: Verb | (string & {});
  /** "" for the core group. This and what follows is undefined where the call names none. */
  readonly group: string | undefined;
  /** In plural, as in the URL: `leases`. */
  readonly resource: string | undefined;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  /** Of the object; of a list or watch, the one of its field selector; of a create, the one in the body. */
  readonly name: string | undefined;
}

/**
 * Which calls: those that agree with every field that is given, one value or one of several; a path also by an expression.
 * A function decides by itself, and must always say the same of the same target.
 */
export type CallMatch =
  | {
      readonly method?: string | readonly string[];
      readonly path?: string | RegExp;
      readonly verb?: CallTarget["verb"] | readonly CallTarget["verb"][];
      readonly group?: string;
      readonly resource?: string | readonly string[];
      readonly subresource?: string;
      readonly namespace?: string;
      readonly name?: string | readonly string[];
    }
  | ((target: CallTarget) => boolean);

const verbs: Readonly<Record<string, Verb>> = { POST: "create", PUT: "update", PATCH: "patch" };

/** @param body of a create: its name is in there only. */
export function callTarget(method: string, path: string, query: string, body?: Buffer): CallTarget {
  const resource = resourceOf(path);
  const parameters = new URLSearchParams(query);
  const selected = /^metadata\.name==?([^,]+)$/.exec(parameters.get("fieldSelector") ?? "")?.[1];
  const name = resource.name ?? selected ?? (method === "POST" ? nameIn(body) : undefined);
  return { method, path, ...resource, name, verb: verbOf(method, resource, parameters) };
}

type ResourcePath = Pick<CallTarget, "group" | "resource" | "subresource" | "namespace" | "name">;

function resourceOf(path: string): ResourcePath {
  const none = { group: undefined, resource: undefined, subresource: undefined, namespace: undefined, name: undefined };
  const [root, ...parts] = path.split("/").slice(1).map(decode);
  if (root !== "api" && root !== "apis") return none;
  const group = root === "api" ? "" : parts.shift();
  parts.shift(); // the version
  // A namespace is both an object of its own and where others are.
  const inNamespace = parts[0] === "namespaces" && parts.length > 2 && !/^(status|finalize)$/.test(parts[2] ?? "");
  const namespace = inNamespace ? parts.splice(0, 2)[1] : undefined;
  const [resource, name, subresource] = parts;
  if (resource === undefined || resource === "") return none;
  return { group, resource, subresource, namespace, name };
}

function verbOf(method: string, { resource, name }: ResourcePath, parameters: URLSearchParams): CallTarget["verb"] {
  if (resource === undefined) return method.toLowerCase();
  if (method === "GET" || method === "HEAD") {
    if (/^(1|true)$/.test(parameters.get("watch") ?? "")) return "watch";
    return name === undefined ? "list" : "get";
  }
  if (method === "DELETE") return name === undefined ? "deletecollection" : "delete";
  return verbs[method] ?? method.toLowerCase();
}

function nameIn(body: Buffer | undefined): string | undefined {
  if (body?.[0] !== 0x7b) return undefined; // protobuf, or nothing
  try {
    const { metadata } = JSON.parse(body.toString()) as { metadata?: { name?: unknown } };
    return typeof metadata?.name === "string" ? metadata.name : undefined;
  } catch {
    return undefined;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function matches(match: CallMatch, target: CallTarget): boolean {
  if (typeof match === "function") return match(target);
  for (const [field, wanted] of Object.entries(match)) {
    if (wanted === undefined) continue;
    const value = target[field as keyof CallTarget];
    if (wanted instanceof RegExp) {
      // Of an expression with the flag g, `test` would go on where it was.
      if (value === undefined || value.search(wanted) < 0) return false;
    } else if (Array.isArray(wanted) ? !wanted.includes(value) : wanted !== value) return false;
  }
  return true;
}
