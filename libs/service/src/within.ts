/** Settles like the promise, or resolves to `late` after the time; what the promise stands for goes on. */
export async function within<T, Late>(milliseconds: number, promise: Promise<T>, late: Late): Promise<T | Late> {
  const { promise: timedOut, resolve } = Promise.withResolvers<Late>();
  const timer = setTimeout(() => resolve(late), milliseconds);
  try {
    return await Promise.race([promise, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
