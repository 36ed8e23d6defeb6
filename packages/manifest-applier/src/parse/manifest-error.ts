export type ManifestErrorCode =
  | "MANIFEST_UNREADABLE"
  | "MANIFEST_NOT_UTF8"
  | "MANIFEST_SYNTAX"
  | "MANIFEST_DUPLICATE_KEY"
  | "MANIFEST_NOT_AN_OBJECT"
  | "MANIFEST_NO_KIND"
  | "MANIFEST_NO_NAME"
  | "MANIFEST_DUPLICATE_OBJECT"
  | "MANIFEST_UNSTABLE";

/** One mistake in one file. Data, not an exception: a file can have several, and the others go on. */
export interface ManifestError {
  readonly code: ManifestErrorCode;
  /** Relative to the directory. */
  readonly file: string;
  /** From 1; undefined when it is about the whole file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
  readonly remedy: string;
}

/** `team-a/shop.yaml:12:3: MANIFEST_NO_NAME: ... → ...` */
export function describeManifestError({ file, line, column, code, message, remedy }: ManifestError): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return `${place}: ${code}: ${message} → ${remedy}`;
}
