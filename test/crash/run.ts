/**
 * `npm run test:crash`: breaks the provider at every request of every operation, and in many random ways, and counts what stands
 * twice, what was lost and what never ended. `-- --point NAME` and `-- --seed NUMBER` repeat one of them.
 */
import { parseArgs } from "node:util";
import { run } from "../../tools/run";
import { allPoints, tryPoints } from "./lanes";
import { pointNamed } from "./point";
import { report } from "./report";
import type { Verdict } from "./verdict";

const LANES = 2;

run(async () => {
  const { values } = parseArgs({
    options: {
      point: { type: "string", multiple: true },
      filter: { type: "string" },
    },
  });
  const started = performance.now();
  const tried = ({ name, findings }: Verdict) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${seconds} s: ${name}: ${findings.map(({ kind }) => kind).join(", ") || "ok"}`);
  };
  const points = values.point?.map(pointNamed) ?? (await allPoints());
  console.log(`${points.length} points`);
  const verdicts = await tryPoints(points, { lanes: LANES, tried });
  console.log(`\n${report(verdicts)}`);
  if (verdicts.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
});
