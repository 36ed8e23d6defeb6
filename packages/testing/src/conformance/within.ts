/** @returns undefined when it has not settled after `limit` ms of real time. */
export async function within<T>(promise: Promise<T>, limit: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limit);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
