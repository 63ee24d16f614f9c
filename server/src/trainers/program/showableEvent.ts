import { redactAll, redactOutput } from "./redactOutput";

const MAX_DEPTH = 32;

/**
 * Returns the name and the data of an event of a training program without secrets. Data that is nested more than 32
 * levels deep becomes a message: JSON of 64 kB can be nested so deeply that it cannot be stored.
 */
export function showableEvent(
  { name, data }: { name: string; data: Record<string, unknown> },
  secrets: readonly string[],
): { name: string; data: Record<string, unknown> } {
  if (isDeeper(data, MAX_DEPTH)) {
    const message = `The data of this event is nested more than ${MAX_DEPTH} levels deep. The server does not show it`;
    return { name: redactOutput(name, secrets), data: { message } };
  }
  return { name: redactOutput(name, secrets), data: redactAll(data, secrets) };
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
