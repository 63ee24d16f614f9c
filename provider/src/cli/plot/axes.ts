import type { Curve, Point } from "./curves";

/** Maps values to positions from 0 (first step, lowest value) to 1. */
export interface Axes {
  x(step: number): number;
  y(value: number): number;
  /** The value at a position from 0 to 1. */
  valueAt(position: number): number;
  steps: { first: number; last: number };
}

/** Returns the points that an axis can show: a logarithmic one has no place for zero and below. */
export function shown(curves: Curve[], log: boolean): Curve[] {
  const positive = ({ value }: Point) => value > 0;
  return log ? curves.map((curve) => ({ ...curve, points: curve.points.filter(positive) })) : curves;
}

/** @param curves with at least one point */
export function axesOf(curves: Curve[], log: boolean): Axes {
  let [first, last, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { step, value } of curves.flatMap(({ points }) => points)) {
    [first, last] = [Math.min(first, step), Math.max(last, step)];
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const scale = log ? Math.log10 : (value: number) => value;
  const [bottom, top] = [scale(low), scale(high)];
  const share = (value: number, from: number, to: number) => (to > from ? (value - from) / (to - from) : 0.5);
  return {
    x: (step) => share(step, first, last),
    y: (value) => share(scale(value), bottom, top),
    valueAt: (position) => (log ? 10 ** (bottom + position * (top - bottom)) : bottom + position * (top - bottom)),
    steps: { first, last },
  };
}

/** `2.31`, `0.0001`, `5.12e+3` */
export const axisLabel = (value: number): string => String(Number(value.toPrecision(3)));
