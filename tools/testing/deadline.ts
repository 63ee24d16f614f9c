/** When the whole run began, in seconds since 1970. `.ci/run` sets it, so that it includes `npm ci`. */
export const startedAtMs = Number(process.env.TEST_STARTED_AT ?? 0) * 1000 || Date.now();

/** After 90 minutes CI kills the run, and the final summary is missing. This limit ends the run earlier, so that it prints the summary. */
const CI_LIMIT_MS = 85 * 60_000;

/** The time that the run may still take; undefined outside CI, where there is no limit. */
export function timeLeftMs(): number | undefined {
  return process.env.CI ? Math.max(1, startedAtMs + CI_LIMIT_MS - Date.now()) : undefined;
}
