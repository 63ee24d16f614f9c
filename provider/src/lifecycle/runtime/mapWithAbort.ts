import { setMaxListeners } from "node:events";

/**
 * Runs `work` on all items concurrently and returns the results in the items' order. The first failure aborts the others, and is
 * thrown once they have stopped.
 */
export async function mapWithAbort<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  // Avoid Node's leak warning: each item adds a listener.
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
