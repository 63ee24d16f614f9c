/** A problem that a test case found. */
export type Finding = { kind: "duplicate" | "lost id" | "stuck"; text: string };

export const duplicate = (text: string): Finding => ({ kind: "duplicate", text });
export const lostId = (text: string): Finding => ({ kind: "lost id", text });
export const stuck = (text: string): Finding => ({ kind: "stuck", text });

/** The result of one point or one seed. */
export interface Verdict {
  /** The row of the report's table that counts this case. */
  row: string;
  name: string;
  /** Arguments of `npm run test:crash` that repeat only this case. */
  again: string;
  findings: Finding[];
  /** How many seconds the command took to exit after SIGINT. Undefined when no SIGINT was sent. */
  interruptedSeconds?: number | undefined;
}
