import { Agent, request } from "node:https";
import { ControlPlaneError } from "./control-plane-error.ts";

/** The few requests that this package makes itself, and tests that need no client of their own. */
export interface ApiClientOptions {
  /** Such as https://127.0.0.1:26443. */
  readonly server: string;
  readonly authority: string;
  readonly token: string;
}

export interface ApiRequest {
  /** Default GET. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root, with its query: /api/v1/namespaces/default. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default application/json; for a PATCH application/apply-patch+yaml, of which JSON is a part. */
  readonly contentType?: string;
  /** Milliseconds until the request is given up. Default 10,000. */
  readonly timeout?: number;
}

export interface ApiResponse {
  readonly status: number;
  /** Parsed where the server said it is JSON, else the text. */
  readonly body: unknown;
}

/** An admin's connection to one API server. `close` when done. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #agent: Agent;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: options.authority });
  }

  /** Resolves with whatever the server answers, errors too. Rejects when there is no answer. */
  async send({ method = "GET", path, body, contentType, timeout = 10_000 }: ApiRequest): Promise<ApiResponse> {
    const { server, token } = this.#options;
    const type = contentType ?? (method === "PATCH" ? "application/apply-patch+yaml" : "application/json");
    return await new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, server),
        {
          method,
          agent: this.#agent,
          signal: AbortSignal.timeout(timeout),
          headers: {
            authorization: `Bearer ${token}`,
            accept: "application/json",
            ...(body === undefined ? {} : { "content-type": type }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const json = response.headers["content-type"]?.startsWith("application/json") === true;
            resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The body of a successful answer. Throws CONTROL_PLANE_REQUEST_FAILED for every other one. */
  async request<Body = unknown>(asked: ApiRequest): Promise<Body> {
    const what = `${asked.method ?? "GET"} ${asked.path}`;
    const answer = await this.send(asked).catch((cause: Error) => {
      throw new ControlPlaneError(
        "CONTROL_PLANE_REQUEST_FAILED",
        `The API server did not answer ${what}: ${cause.message}`,
        "Look whether the server runs and is not paused.",
        { cause },
      );
    });
    if (answer.status >= 200 && answer.status < 300) return answer.body as Body;
    const message = (answer.body as { message?: string } | null)?.message ?? String(answer.body);
    throw new ControlPlaneError(
      "CONTROL_PLANE_REQUEST_FAILED",
      `The API server answered ${what} with ${answer.status}: ${message}`,
      "Look at what was asked for.",
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}
