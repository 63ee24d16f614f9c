import type { Column } from "./pointTable";

/**
 * Describes a curve for those who do not see it: `Training loss fell from 2.310 to 0.940 between step 1 and step 300.`
 *
 * @param formatX writes a value of the horizontal axis: `step 300`
 */
export function describeCurve(
  label: string,
  x: readonly number[],
  values: Readonly<Column>,
  format: { x: (value: number) => string; y: (value: number) => string },
): string {
  const first = values.findIndex((value) => value !== null);
  if (first === -1) return `${label}: no points yet.`;
  const last = values.findLastIndex((value) => value !== null);
  const [from, to] = [values[first] as number, values[last] as number];
  const at = (row: number) => format.x(x[row] as number);
  if (first === last) return `${label}: ${format.y(from)} at ${at(first)}.`;
  const verb = to < from ? "fell" : to > from ? "rose" : undefined;
  const span = `between ${at(first)} and ${at(last)}`;
  if (verb === undefined) return `${label}: ${format.y(to)} at ${at(first)} and at ${at(last)}.`;
  return `${label} ${verb} from ${format.y(from)} to ${format.y(to)} ${span}.`;
}

/** Returns the row with the value at `row`, or the nearest row before it with a value. */
export function valueAt(values: Readonly<Column>, row: number): number | null {
  for (let index = Math.min(row, values.length - 1); index >= 0; index--) {
    const value = values[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Chooses at most `limit` rows, evenly distributed, with the first and the last. */
export function pickRows(count: number, limit: number): number[] {
  if (count <= limit) return Array.from({ length: count }, (_, row) => row);
  return Array.from({ length: limit }, (_, index) => Math.round((index * (count - 1)) / (limit - 1)));
}
