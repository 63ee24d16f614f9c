import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts a thread that runs `checkThread`. A file of its own because `npm run release` replaces it: in an executable without
 * Node.js, the program of a thread is a text, not a file.
 */
export function startThread(options: WorkerOptions): Worker {
  return new Worker(require.resolve("./checkThread"), options);
}
