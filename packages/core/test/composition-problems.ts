import { CompositionError, type CompositionProblem, createController, silentLogger } from "@tenure/core";

/** What is wrong with a composition; none when it is right. */
export async function problemsOf(
  options: Parameters<typeof createController>[0],
): Promise<readonly CompositionProblem[]> {
  return (await compositionError(options))?.problems ?? [];
}

export async function compositionError(
  options: Parameters<typeof createController>[0],
): Promise<CompositionError | undefined> {
  try {
    await createController({ logger: silentLogger, ...options });
  } catch (error) {
    if (error instanceof CompositionError) return error;
    throw error;
  }
  return undefined;
}

/** `CODE: message` of each. */
export async function textsOf(options: Parameters<typeof createController>[0]): Promise<readonly string[]> {
  return (await problemsOf(options)).map(({ code, message }) => `${code}: ${message}`);
}
