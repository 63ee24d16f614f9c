import { InputProblem } from "./problem";

/** Timeouts of the operations, in seconds. */
export interface Timeouts {
  create?: number;
  update?: number;
  delete?: number;
}

/** The units of the engine's durations, which have no days. */
const UNITS: Record<string, number> = { h: 3_600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
const OPERATIONS = ["create", "update", "delete"] as const;

/** Converts the resource option `customTimeouts` (`{create: "1h30m"}`) to seconds. */
export function timeoutsInSeconds(custom: Record<string, unknown>): Timeouts {
  const timeouts: Timeouts = {};
  for (const operation of OPERATIONS) {
    const value = custom[operation];
    if (value === undefined || value === "") continue;
    timeouts[operation] = durationInSeconds(value, operation);
  }
  return timeouts;
}

/** Parses the engine's durations: one or more numbers, each with a unit. */
function durationInSeconds(value: unknown, operation: string): number {
  if (typeof value !== "string" || !/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(value)) {
    const got = typeof value === "string" ? "a string in another format" : `a ${typeof value}`;
    throw new InputProblem(
      `customTimeouts.${operation}`,
      `expected a duration in h, m and s, such as "90m" or "1h30m", got ${got}`,
    );
  }
  let seconds = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
    seconds += Number(amount) * (UNITS[unit as string] as number);
  }
  return seconds;
}
