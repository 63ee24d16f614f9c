import { readFileSync, writeFileSync } from "node:fs";

/**
 * Removes the protection from the kernel's out-of-memory killer that this process has inherited from the server. The
 * systemd unit protects the server, so that a training is killed first.
 */
export function acceptOomKiller(path = "/proc/self/oom_score_adj"): void {
  try {
    if (Number(readFileSync(path, "utf8")) < 0) writeFileSync(path, "0");
  } catch {
    // Only Linux has this file.
  }
}
