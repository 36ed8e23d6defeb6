import type { KubernetesObject } from "@tenure/kubernetes";
import { type Document, isMap, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import { kubectlOptions, kubectlToJs } from "./kubectl-schema.ts";
import type { ManifestError, ManifestErrorCode } from "./manifest-error.ts";

/** An object and where it was written. */
export interface ManifestObject {
  readonly object: KubernetesObject;
  readonly origin: { readonly file: string; readonly line: number };
}

export interface ParsedManifest {
  readonly objects: readonly ManifestObject[];
  /** With any, the file counts as not readable: its objects stay as they were. */
  readonly errors: readonly ManifestError[];
}

/**
 * Reads a file as kubectl does: several documents, `*List` kinds taken apart, JSON as well. Pure. Never throws: what is wrong is in
 * `errors`, with its place.
 *
 * @param file for messages, relative to the directory.
 */
export function parseManifest(bytes: Uint8Array, file: string): ParsedManifest {
  const text = decode(bytes);
  if (text === undefined) {
    const error = { file, line: undefined, column: undefined };
    return {
      objects: [],
      errors: [
        {
          ...error,
          code: "MANIFEST_NOT_UTF8",
          message: "it is not UTF-8 text",
          remedy: "Save it as UTF-8, without NUL bytes.",
        },
      ],
    };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...kubectlOptions, lineCounter: lines });
  const reader = new ManifestReader(file, lines);
  for (const document of Array.isArray(documents) ? documents : []) reader.read(document);
  return reader;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

class ManifestReader implements ParsedManifest {
  readonly objects: ManifestObject[] = [];
  readonly errors: ManifestError[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  read(document: Document.Parsed): void {
    for (const error of document.errors) {
      const duplicate = error.code === "DUPLICATE_KEY";
      this.#fail(
        duplicate ? "MANIFEST_DUPLICATE_KEY" : "MANIFEST_SYNTAX",
        error.pos[0],
        duplicate ? "a key stands twice in one mapping" : error.message,
        duplicate ? "Remove one of them: which one counts differs between programs." : "Correct the YAML there.",
      );
    }
    if (document.errors.length > 0 || document.contents === null) return;
    let value: unknown;
    try {
      value = document.toJS(kubectlToJs);
    } catch (error) {
      // An alias bomb, or an alias to nothing.
      const message = error instanceof Error ? error.message : String(error);
      this.#fail(
        "MANIFEST_SYNTAX",
        offsetOf(document.contents),
        message,
        "Write the values out instead of using aliases.",
      );
      return;
    }
    if (value !== null) this.#take(value, document.contents);
  }

  #take(value: unknown, node: Node | null): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.#fail(
        "MANIFEST_NOT_AN_OBJECT",
        offsetOf(node),
        "a document is not a mapping",
        "Write one Kubernetes object.",
      );
      return;
    }
    const object = value as Record<string, unknown>;
    if (typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items)) {
      const items = isMap(node) ? node.get("items", true) : undefined;
      object.items.forEach((item, index) => {
        this.#take(item, isSeq(items) ? (items.items[index] as Node) : node);
      });
      return;
    }
    this.#check(object, node);
  }

  #check(object: Record<string, unknown>, node: Node | null): void {
    const { apiVersion, kind } = object;
    if (typeof apiVersion !== "string" || apiVersion === "" || typeof kind !== "string" || kind === "") {
      this.#fail(
        "MANIFEST_NO_KIND",
        offsetOf(node),
        "an object has no apiVersion or no kind",
        "Give it both, as text.",
      );
      return;
    }
    const metadata = (object.metadata ?? {}) as Record<string, unknown>;
    if (typeof metadata.name !== "string" || metadata.name === "") {
      const generated = "generateName" in metadata;
      this.#fail(
        "MANIFEST_NO_NAME",
        offsetOf(node),
        generated
          ? `a ${kind} has generateName instead of a name`
          : `a ${kind} has no metadata.name, or it is not text`,
        "Give it metadata.name (in quotes if it looks like a number): what has no fixed name cannot be kept.",
      );
      return;
    }
    const line = this.#lines.linePos(offsetOf(node)).line;
    this.objects.push({ object: object as unknown as KubernetesObject, origin: { file: this.#file, line } });
  }

  #fail(code: ManifestErrorCode, offset: number, message: string, remedy: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.errors.push({ code, file: this.#file, line, column: col, message, remedy });
  }
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
