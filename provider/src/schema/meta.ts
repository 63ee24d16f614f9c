import type { GlobalMeta } from "zod";

/**
 * What a change of an input means for the job that stands:
 * - `replace`: it shapes the training, so a new job is trained;
 * - `update`: it is changed in place;
 * - `none`: it only steers how Pulumi waits, so a settled job shows no change at all.
 */
export type Change = "replace" | "update" | "none";

declare module "zod" {
  interface GlobalMeta {
    /** What a change of this input means for the job that stands. */
    change?: Change;
    /** Encrypted in the state, also when the program passes a plain string. */
    secret?: boolean;
    /** Written by the provider, never by the user. */
    internal?: boolean;
    /** The value is a Pulumi asset. */
    asset?: boolean;
    /** An enum of `enums.ts` with well-known values; any other value is accepted too. */
    suggestions?: string;
    /** The element may also be a plain path or a Pulumi asset. */
    shorthand?: boolean;
    /** Environment variables that are read when the value is not configured. */
    environment?: string[];
  }
}

/** Every input says what it is and what a change of it means. */
export function input(change: Change, description: string, more: GlobalMeta = {}): GlobalMeta & { change: Change } {
  return { ...more, change, description };
}
