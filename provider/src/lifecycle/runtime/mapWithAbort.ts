import { setMaxListeners } from "node:events";

/**
 * Does the work on all items at once; the results are in their order. The first failure stops the others, and is thrown when
 * they have stopped.
 */
export async function mapWithAbort<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  // Each item listens, and there may be any number of them.
  setMaxListeners(0, stop.signal);
  const onStop = () => stop.abort();
  signal.addEventListener("abort", onStop);
  if (signal.aborted) onStop();
  const running = items.map((item) => work(item, stop.signal));
  try {
    return await Promise.all(running);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(running);
    throw error;
  } finally {
    signal.removeEventListener("abort", onStop);
  }
}
