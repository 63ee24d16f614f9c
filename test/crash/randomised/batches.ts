import pLimit from "p-limit";
import { type HostName, type TestedHost, testedHosts } from "../testedHost";
import type { Verdict } from "../verdict";
import { BatchEnvironment, type FaultCounts } from "./batchEnvironment";
import { Hosts } from "./hosts";
import { batchOf, killsOf, planOf, seedsOf } from "./plan";
import { Run } from "./run";

/**
 * Runs all seeds of the batches that contain these seeds.
 *
 * @param parallelBatches the number of batches that run in parallel
 * @param onSeedDone called after each seed
 * @returns the verdicts, and how often each kind of fault was injected
 */
export async function runSeeds(
  seeds: readonly number[],
  {
    host,
    parallelBatches,
    onSeedDone,
  }: { host: HostName; parallelBatches: number; onSeedDone?: (verdict: Verdict) => void },
): Promise<{ verdicts: Verdict[]; faultCounts: ReadonlyMap<string, number> }> {
  const verdicts: Verdict[] = [];
  const faultCounts: FaultCounts = new Map();
  await pLimit(parallelBatches).map(new Set(seeds.map(batchOf)), (batch) =>
    runBatch(testedHosts[host], batch, faultCounts, (verdict) => {
      verdicts.push(verdict);
      onSeedDone?.(verdict);
    }),
  );
  return { verdicts, faultCounts };
}

/**
 * Runs a batch with a new server. On a shared server, jobs of other batches would add pages to the lists and so change the number
 * of requests.
 */
async function runBatch(
  host: TestedHost,
  batch: number,
  faultCounts: FaultCounts,
  onSeedDone: (verdict: Verdict) => void,
): Promise<void> {
  const environment = await BatchEnvironment.create(host, faultCounts);
  const hosts = new Hosts(environment);
  const kills = killsOf(batch);
  try {
    await Promise.all(
      seedsOf(batch).map(async (seed) => {
        const run = new Run(planOf(seed), kills, environment, hosts);
        await run.execute();
        onSeedDone({
          row: "randomised",
          name: `seed ${seed}`,
          again: `--host ${host.name} --seed ${seed}`,
          findings: run.findings,
        });
      }),
    );
  } finally {
    await hosts.kill();
    await environment.remove();
  }
}
