import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** One thing that is wrong with a value, with where it is. */
export interface IssueText {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Of several alternatives none of which fits, what is wrong with the one that comes nearest: the one in which the mistake lies
 * deepest, then the one with the fewest. Where all fail at once, what each expected.
 */
export function issueTexts(issues: readonly Issue[], above: readonly PropertyKey[] = []): readonly IssueText[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ path, message: issue.message }];
    const alternatives = issue.errors.map((errors) => issueTexts(errors, path));
    const depth = (texts: readonly IssueText[]) => Math.max(...texts.map((text) => text.path.length));
    const [best] = [...alternatives].sort((a, b) => depth(b) - depth(a) || a.length - b.length);
    if (best !== undefined && depth(best) > path.length) return best;
    const messages = [...new Set(alternatives.flat().map((text) => text.message))];
    return [{ path, message: issue.message === "Invalid input" ? messages.join(", or ") : issue.message }];
  });
}
