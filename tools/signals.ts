import { signalGroup } from "./processes";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Under npm, one Ctrl-C arrives twice: from the terminal and from npm. Pulumi would stop immediately on the second signal. */
const sameKeystrokeMs = 500;

/**
 * Forwards Ctrl-C to a command in another process group, which the terminal's Ctrl-C does not reach. Sends one SIGINT for each
 * keystroke, and leaves the shutdown to the command. A second Ctrl-C makes Pulumi stop immediately.
 *
 * @returns a function that stops the forwarding
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

/**
 * Resolves when the user presses Ctrl-C, or the terminal is closed. Signals do not end the process any more: later ones
 * are ignored, so that a server can stop first. The caller ends the process.
 */
export function untilStopped(): Promise<undefined> {
  return new Promise((stop) => {
    for (const signal of signals) process.on(signal, () => stop(undefined));
  });
}
