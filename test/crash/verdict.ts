/** What can go wrong at a point. */
export type Finding = { kind: "duplicate" | "lost id" | "stuck"; text: string };

export const duplicate = (text: string): Finding => ({ kind: "duplicate", text });
export const lostId = (text: string): Finding => ({ kind: "lost id", text });
export const stuck = (text: string): Finding => ({ kind: "stuck", text });

/** What came of one point, or of one seed. */
export interface Verdict {
  /** The row of the table that it belongs to. */
  row: string;
  name: string;
  /** What repeats it alone. */
  again: string;
  findings: Finding[];
  /** How long the command took to end after SIGINT, where it got one. */
  interruptedSeconds?: number | undefined;
}
