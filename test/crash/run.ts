/**
 * `npm run test:crash`: injects a fault at every request of every operation, and runs many random fault plans, on both hosts of the
 * provider. Counts duplicate jobs and uploads, lost IDs and stuck runs. `npm run test:crash -- --host plugin` tests one host;
 * `-- --host NAME --point NAME` and `-- --host NAME --seed NUMBER` repeat a single case. `-- --divide` runs each case on one of the
 * hosts, as CI does.
 */
import { parseArgs } from "node:util";
import { runMain } from "../../tools/main";
import { reportCounts } from "../../tools/testing/counts";
import { faultKinds, parseFaultPoint } from "./enumerated/faultPoint";
import { allFaultPoints, runFaultPoints } from "./enumerated/faultPoints";
import { runSeeds } from "./randomised/batches";
import { batchOf } from "./randomised/plan";
import { report } from "./report";
import { type HostName, hostNames } from "./testedHost";
import type { Verdict } from "./verdict";

const ENVIRONMENTS = 2;
const BATCHES = 10;
const SEEDS = 1000;

const { values } = parseArgs({
  options: {
    host: { type: "string", multiple: true },
    point: { type: "string", multiple: true },
    seed: { type: "string", multiple: true },
    seeds: { type: "string", default: String(SEEDS) },
    from: { type: "string", default: "0" },
    only: { type: "string" },
    divide: { type: "boolean", default: false },
  },
});

const started = performance.now();

runMain(async () => {
  const singleCase = values.point !== undefined || values.seed !== undefined;
  const all: Verdict[] = [];
  for (const host of selectedHosts()) {
    // At the same time: the seeds mostly wait for retries, and the points use the CPU.
    const verdicts = (
      await Promise.all([
        values.point || (!singleCase && values.only !== "randomised") ? enumerated(host) : [],
        values.seed || (!singleCase && values.only !== "enumerated") ? randomised(host) : [],
      ])
    ).flat();
    console.log(`\n${host}\n\n${report(verdicts)}`);
    all.push(...verdicts);
  }
  const failed = all.filter(({ findings }) => findings.length > 0).length;
  reportCounts({ passed: all.length - failed, failed, skipped: 0 });
  if (failed > 0) process.exitCode = 1;
});

function selectedHosts(): readonly HostName[] {
  const selected = hostNames.filter((name) => values.host?.includes(name) ?? true);
  const unknown = values.host?.filter((name) => !selected.some((it) => it === name)) ?? [];
  if (unknown.length > 0) throw new Error(`unknown host ${unknown}; expected ${hostNames.join(" or ")}`);
  return selected;
}

async function enumerated(host: HostName): Promise<Verdict[]> {
  const points = values.point?.map(parseFaultPoint) ?? pointsOf(host, await allFaultPoints(host));
  console.log(`${host}: ${points.length} points`);
  return runFaultPoints(points, { host, environments: ENVIRONMENTS, onPointDone: show });
}

/** With `--divide`, every second kind of fault of a request, and the other kinds of the next request. */
function pointsOf<Point>(host: HostName, all: readonly Point[]): Point[] {
  return all.filter((_, index) => !values.divide || isTurnOf(host, Math.floor(index / faultKinds.length) + index));
}

function isTurnOf(host: HostName, number: number): boolean {
  return number % hostNames.length === hostNames.indexOf(host);
}

async function randomised(host: HostName): Promise<Verdict[]> {
  const first = Number(values.from);
  const seeds =
    values.seed?.map(Number) ??
    Array.from({ length: Number(values.seeds) }, (_, index) => first + index).filter(
      (seed) => !values.divide || isTurnOf(host, batchOf(seed)),
    );
  const { verdicts, faultCounts } = await runSeeds(seeds, { host, parallelBatches: BATCHES, onSeedDone: show });
  console.log(`\nFaults injected: ${[...faultCounts].map(([what, count]) => `${what} ${count}`).join(", ")}`);
  return verdicts;
}

function show({ name, findings }: Verdict): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${seconds} s: ${name}: ${findings.map(({ kind }) => kind).join(", ") || "ok"}`);
}
