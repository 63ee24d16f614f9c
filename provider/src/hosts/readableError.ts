import { printable } from "../lifecycle/connection/knownKeys";
import { InitError } from "../lifecycle/state/initError";
import type { Outputs } from "../lifecycle/state/outputs";
import { smallState } from "../lifecycle/state/smallState";

/** A failed operation, as the engine shows it. */
export interface ReadableFailure {
  /** Without API keys and control characters. */
  message: string;
  /** The job that exists although the operation failed; the state keeps it. The outputs fit in a gRPC trailer. */
  existing?: { id: string; outputs: Outputs };
}

/** Converts a failure of an operation for the engine. */
export function readableFailure(error: unknown): ReadableFailure {
  const message = printable(error instanceof Error ? error.message : String(error));
  return error instanceof InitError
    ? { message, existing: { id: error.id, outputs: smallState(error.outputs) } }
    : { message };
}
