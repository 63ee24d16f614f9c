/**
 * `npm run test:crash`: injects a fault at every request of every operation, and runs many random fault plans. Counts duplicate
 * jobs and uploads, lost IDs and stuck runs. `npm run test:crash -- --point NAME` and `-- --seed NUMBER` repeat a single case.
 */
import { parseArgs } from "node:util";
import { runMain } from "../../tools/main";
import { reportCounts } from "../../tools/testing/counts";
import { parseFaultPoint } from "./faultPoint";
import { allFaultPoints, runFaultPoints } from "./faultPoints";
import { runSeeds } from "./randomised/batches";
import { report } from "./report";
import type { Verdict } from "./verdict";

const ENVIRONMENTS = 2;
const BATCHES = 10;
const SEEDS = 1000;

const { values } = parseArgs({
  options: {
    point: { type: "string", multiple: true },
    seed: { type: "string", multiple: true },
    seeds: { type: "string", default: String(SEEDS) },
    from: { type: "string", default: "0" },
    only: { type: "string" },
  },
});

const started = performance.now();

runMain(async () => {
  const singleCase = values.point !== undefined || values.seed !== undefined;
  const verdicts: Verdict[] = [];
  if (values.point || (!singleCase && values.only !== "randomised")) verdicts.push(...(await enumerated()));
  if (values.seed || (!singleCase && values.only !== "enumerated")) verdicts.push(...(await randomised()));
  console.log(`\n${report(verdicts)}`);
  const failed = verdicts.filter(({ findings }) => findings.length > 0).length;
  reportCounts({ passed: verdicts.length - failed, failed, skipped: 0 });
  if (failed > 0) process.exitCode = 1;
});

async function enumerated(): Promise<Verdict[]> {
  const points = values.point?.map(parseFaultPoint) ?? (await allFaultPoints());
  console.log(`${points.length} points`);
  return runFaultPoints(points, { environments: ENVIRONMENTS, onPointDone: show });
}

async function randomised(): Promise<Verdict[]> {
  const first = Number(values.from);
  const seeds = values.seed?.map(Number) ?? Array.from({ length: Number(values.seeds) }, (_, index) => first + index);
  const { verdicts, faultCounts } = await runSeeds(seeds, { parallelBatches: BATCHES, onSeedDone: show });
  console.log(`\nFaults injected: ${[...faultCounts].map(([what, count]) => `${what} ${count}`).join(", ")}`);
  return verdicts;
}

function show({ name, findings }: Verdict): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${seconds} s: ${name}: ${findings.map(({ kind }) => kind).join(", ") || "ok"}`);
}
