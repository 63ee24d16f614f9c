import { findOrGetPulumi } from "../../tools/pulumiCli";
import { stepsOf, tryPoint } from "./enumerated";
import { Lane } from "./lane";
import { operations } from "./operations";
import { type Point, pointKinds } from "./point";
import type { Verdict } from "./verdict";

/** Returns every point: each distinct request of each operation, with each kind of fault. */
export async function allPoints(): Promise<Point[]> {
  const points: Point[] = [];
  await withLane(async (lane) => {
    for (const operation of operations) {
      for (const step of await stepsOf(lane, operation)) {
        for (const kind of pointKinds) points.push({ operation, step, kind });
      }
    }
  });
  return points;
}

/**
 * Tries points on several lanes in parallel.
 *
 * @param tried called after each point
 */
export async function tryPoints(
  points: readonly Point[],
  { lanes, tried }: { lanes: number; tried?: (verdict: Verdict) => void },
): Promise<Verdict[]> {
  const left = [...points];
  const verdicts: Verdict[] = [];
  const worker = () =>
    withLane(async (lane) => {
      for (let point = left.shift(); point; point = left.shift()) {
        const verdict = await tryPoint(lane, point);
        verdicts.push(verdict);
        tried?.(verdict);
      }
    });
  await Promise.all(Array.from({ length: Math.min(lanes, points.length) }, worker));
  return verdicts;
}

async function withLane(work: (lane: Lane) => Promise<void>): Promise<void> {
  const lane = await Lane.create(await findOrGetPulumi());
  try {
    await work(lane);
  } finally {
    await lane.end();
  }
}
