import pino, { type Logger } from "pino";

export type { Logger } from "pino";

export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const DEFAULT_LOG_LEVEL: LogLevel = "warn";

/**
 * Creates the log: JSON lines on stderr. Stdout carries messages for users. Each line has `time` in ISO 8601 and the
 * name of the `level`.
 */
export function createLog(level: LogLevel = DEFAULT_LOG_LEVEL): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    process.stderr,
  );
}
