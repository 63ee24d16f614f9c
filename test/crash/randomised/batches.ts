import pLimit from "p-limit";
import type { Verdict } from "../verdict";
import { Hosts } from "./hosts";
import { batchOf, killsOf, planOf, seedsOf } from "./plan";
import { Run } from "./run";
import { type Done, World } from "./world";

/**
 * Runs all seeds of the batches that contain these seeds.
 *
 * @param atOnce the number of batches that run in parallel
 * @param played called after each seed
 * @returns the verdicts, and how often each kind of fault happened
 */
export async function playSeeds(
  seeds: readonly number[],
  { atOnce, played }: { atOnce: number; played?: (verdict: Verdict) => void },
): Promise<{ verdicts: Verdict[]; done: ReadonlyMap<string, number> }> {
  const verdicts: Verdict[] = [];
  const done: Done = new Map();
  await pLimit(atOnce).map(new Set(seeds.map(batchOf)), (batch) =>
    playBatch(batch, done, (verdict) => {
      verdicts.push(verdict);
      played?.(verdict);
    }),
  );
  return { verdicts, done };
}

/** Runs a batch with a new server: jobs of other batches would make its lists longer, which changes the number of requests. */
async function playBatch(batch: number, done: Done, played: (verdict: Verdict) => void): Promise<void> {
  const world = await World.create(done);
  const hosts = new Hosts(world);
  const kills = killsOf(batch);
  try {
    await Promise.all(
      seedsOf(batch).map(async (seed) => {
        const run = new Run(planOf(seed), kills, world, hosts);
        await run.play();
        played({ row: "randomised", name: `seed ${seed}`, again: `--seed ${seed}`, findings: run.findings });
      }),
    );
  } finally {
    await hosts.kill();
    await world.end();
  }
}
