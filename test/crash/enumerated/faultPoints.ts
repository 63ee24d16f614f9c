import { findOrGetPulumi } from "../../../tools/pulumiCli";
import type { HostName } from "../testedHost";
import type { Verdict } from "../verdict";
import { CrashEnvironment } from "./crashEnvironment";
import { type FaultPoint, faultKinds } from "./faultPoint";
import { operations } from "./operations";
import { requestsOf, runFaultPoint } from "./run";

/** Returns all fault points: each distinct request of each operation, with each kind of fault. */
export async function allFaultPoints(host: HostName): Promise<FaultPoint[]> {
  const points: FaultPoint[] = [];
  await withEnvironment(host, async (environment) => {
    for (const operation of operations) {
      for (const request of await requestsOf(environment, operation)) {
        for (const kind of faultKinds) points.push({ operation, request, kind });
      }
    }
  });
  return points;
}

/**
 * Runs fault points in several environments in parallel.
 *
 * @param onPointDone called after each point
 */
export async function runFaultPoints(
  points: readonly FaultPoint[],
  {
    host,
    environments,
    onPointDone,
  }: { host: HostName; environments: number; onPointDone?: (verdict: Verdict) => void },
): Promise<Verdict[]> {
  const left = [...points];
  const verdicts: Verdict[] = [];
  const worker = () =>
    withEnvironment(host, async (environment) => {
      for (let point = left.shift(); point; point = left.shift()) {
        const verdict = await runFaultPoint(environment, point);
        verdicts.push(verdict);
        onPointDone?.(verdict);
      }
    });
  await Promise.all(Array.from({ length: Math.min(environments, points.length) }, worker));
  return verdicts;
}

async function withEnvironment(host: HostName, work: (environment: CrashEnvironment) => Promise<void>): Promise<void> {
  const environment = await CrashEnvironment.create(await findOrGetPulumi(), host);
  try {
    await work(environment);
  } finally {
    await environment.remove();
  }
}
