import { formatCount } from "#common/format";
import { duration } from "../format";
import type { XAxis } from "./liveCurves";

const wall = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Writes a value of the horizontal axis in a sentence. */
export const formatX: Record<XAxis, (value: number) => string> = {
  steps: (step) => `step ${formatCount(step)}`,
  relative: (seconds) => duration(Math.max(0, seconds)),
  wall: (seconds) => wall.format(new Date(seconds * 1000)),
};

export const X_LABELS: Record<XAxis, string> = {
  steps: "Steps",
  relative: "Relative time",
  wall: "Wall time",
};
