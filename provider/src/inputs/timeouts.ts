import { InputProblem } from "./validate";

/** How long an operation may take, in seconds. */
export interface Timeouts {
  create?: number;
  update?: number;
  delete?: number;
}

const UNITS: Record<string, number> = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
const OPERATIONS = ["create", "update", "delete"] as const;

/** `customTimeouts` as the resource option has it (`{create: "1h30m"}`), in seconds. */
export function timeoutsInSeconds(custom: Record<string, unknown>): Timeouts {
  const timeouts: Timeouts = {};
  for (const operation of OPERATIONS) {
    const value = custom[operation];
    if (value === undefined || value === "") continue;
    timeouts[operation] = typeof value === "number" ? value : durationInSeconds(String(value), operation);
  }
  return timeouts;
}

/** The engine's durations: a number with a unit, several in a row. */
function durationInSeconds(text: string, operation: string): number {
  if (!/^(\d+(\.\d+)?(d|h|ms|m|s|us|µs|ns))+$/.test(text)) {
    throw new InputProblem(
      `customTimeouts.${operation}`,
      `expected a duration such as "90m" or "1h30m", got "${text}"`,
    );
  }
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|m|s|us|µs|ns)/g)) {
    seconds += Number(amount) * (UNITS[unit as string] as number);
  }
  return seconds;
}
