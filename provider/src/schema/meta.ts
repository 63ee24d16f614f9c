import type { GlobalMeta } from "zod";

/**
 * The effect of changing an input of an existing job:
 * - `replace`: the input shapes the training, so a change replaces the job;
 * - `update`: a change is applied in place;
 * - `none`: the input only controls how Pulumi waits, so a job that has ended shows no change.
 */
export type Change = "replace" | "update" | "none";

declare module "zod" {
  interface GlobalMeta {
    /** The effect of changing this input. */
    change?: Change;
    /** Encrypted in the state, even if the program passes a plain string. */
    secret?: boolean;
    /** Written by the provider, never by the user. */
    internal?: boolean;
    /** The value is a Pulumi asset. */
    asset?: boolean;
    /** Name of an enum in `enums.ts` with well-known values. Any other value is accepted too. */
    suggestions?: string;
    /** The element also accepts a plain path or a Pulumi asset. */
    shorthand?: boolean;
    /** Environment variables to read if the value is not configured, in order. */
    environment?: string[];
  }
}

/** Metadata of an input. Every input has a description and states the effect of changing it. */
export function input(change: Change, description: string, more: GlobalMeta = {}): GlobalMeta & { change: Change } {
  return { ...more, change, description };
}
