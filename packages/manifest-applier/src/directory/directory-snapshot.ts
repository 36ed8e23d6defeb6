import type { ManifestError } from "../parse/manifest-error.ts";
import type { ManifestObject } from "../parse/parse-manifest.ts";

/** What the directory says, as of the last scan. Plain data; another object after every change. */
export interface DirectorySnapshot {
  readonly directory: string;
  /** Rises with every change. */
  readonly version: number;
  /** At least one scan has ended. */
  readonly scanned: boolean;
  /**
   * Why nothing may be concluded from what is *not* in it: the directory is missing, unreadable or empty. Undefined: a stack that is not
   * listed has been removed.
   */
  readonly silent: string | undefined;
  readonly stacks: ReadonlyMap<string, ManifestStack>;
  /** Stacks that this process has seen here with content, and then seen removed: also on a standby, which applied none of them. */
  readonly removed: ReadonlySet<string>;
  /** Entries at the top level that are no stack. */
  readonly ignored: readonly IgnoredEntry[];
  /** How changes are noticed: by events, or, and why, only by looking. */
  readonly watching: string;
}

export interface ManifestStack {
  readonly name: string;
  readonly objects: readonly ManifestObject[];
  /** Of the objects and their places. */
  readonly hash: string;
  /** Something of it could not be read and was never read before: what is missing from it says nothing. */
  readonly incomplete: boolean;
  readonly files: readonly ManifestFileStatus[];
  readonly ignored: readonly IgnoredEntry[];
  readonly errors: readonly ManifestError[];
}

export interface ManifestFileStatus {
  /** Relative to the directory. */
  readonly file: string;
  readonly hash: string | undefined;
  readonly objects: number;
  /** It cannot be read or parsed now: its objects are those of its last good state. */
  readonly frozen: boolean;
}

export interface IgnoredEntry {
  readonly name: string;
  readonly why: string;
}
