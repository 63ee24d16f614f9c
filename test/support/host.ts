import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, realClock } from "../../provider/src/lifecycle/runtime/clock";
import { type Host, type MessageKind, processEnvironment, Session } from "../../provider/src/lifecycle/runtime/host";
import { eventually } from "./eventually";

/** Returns a clock that runs `speed` times faster than real time. */
export const fastClock = (speed: number): Clock => ({
  now: () => performance.now() * speed,
  sleep: (milliseconds, signal) => sleep(milliseconds / speed, undefined, { signal }),
});

/** A host without an engine. It records log messages, and reads its config from a plain object. */
export class TestHost implements Host {
  readonly session = new Session();
  clock: Clock = realClock;
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  readonly logged: { message: string; importance: MessageKind }[] = [];

  constructor(private readonly values: Record<string, string> = {}) {
    // Node warns about more than 10 listeners, and a test may run more operations in parallel.
    setMaxListeners(0, this.signal);
  }

  async config(): Promise<(key: string) => string | undefined> {
    return (key) => this.values[key];
  }

  readonly environment = processEnvironment;

  log(_urn: string | undefined, message: string, importance: MessageKind): void {
    this.logged.push({ message, importance });
  }

  /** Waits for a message. */
  async until(pattern: RegExp): Promise<void> {
    await eventually(
      String(pattern),
      async () => this.logged.some(({ message }) => pattern.test(message)) || undefined,
    );
  }
}

/** Returns the URN that a `FineTuningJob` resource has. */
export function urnOf(name: string, stack = "dev"): string {
  return `urn:pulumi:${stack}::project::pulumi-nodejs:dynamic/mistral:FineTuningJob::${name}`;
}
