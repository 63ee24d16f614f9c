/** The program of a thread that checks batches: see `CheckThreads`. */
import { parentPort } from "node:worker_threads";
import { checkBatch } from "../inspection/checkBatch";
import { loadHash } from "../inspection/hash";
import type { Rules } from "../sample";
import type { ThreadTask } from "./checkThreads";

const loadingHash = loadHash();
let lastRules: { json: string; rules: Rules } | undefined;

function parsed(json: string): Rules {
  if (lastRules?.json !== json) lastRules = { json, rules: JSON.parse(json) };
  return lastRules.rules;
}

parentPort?.on("message", async (task: ThreadTask | undefined) => {
  const hashOf = await loadingHash;
  // Closing the port ends the thread once it has reported everything.
  if (task === undefined) parentPort?.close();
  else parentPort?.postMessage(checkBatch(task, { ...task, rules: parsed(task.rules) }, hashOf));
});
