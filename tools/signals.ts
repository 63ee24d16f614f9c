import { signalGroup } from "./processes";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One Ctrl-C under npm arrives twice, from the terminal and from npm; a second one would make Pulumi drop everything. */
const sameKeystrokeMs = 500;

/**
 * While a command runs in a process group of its own, the terminal's Ctrl-C reaches only this process: passes it on, once
 * for each time, and leaves it to the command to end. A second Ctrl-C is the user's way to insist.
 */
export function passSignalsTo(leader: number | undefined): () => void {
  let last = Number.NEGATIVE_INFINITY;
  const pass = () => {
    const now = performance.now();
    if (now - last < sameKeystrokeMs) return;
    last = now;
    signalGroup(leader, "SIGINT");
  };
  for (const signal of signals) process.on(signal, pass);
  return () => {
    for (const signal of signals) process.off(signal, pass);
  };
}
