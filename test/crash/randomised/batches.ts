import type { Verdict } from "../verdict";
import { Hosts } from "./hosts";
import { batchOf, killsOf, planOf, seedsOf } from "./plan";
import { Run } from "./run";
import { type Done, World } from "./world";

/** Plays the batches of these seeds whole, so many of them side by side. */
export async function playSeeds(
  seeds: readonly number[],
  { atOnce, played }: { atOnce: number; played?: (verdict: Verdict) => void },
): Promise<{ verdicts: Verdict[]; done: ReadonlyMap<string, number> }> {
  const left = [...new Set(seeds.map(batchOf))];
  const verdicts: Verdict[] = [];
  const done: Done = new Map();
  const worker = async () => {
    for (let batch = left.shift(); batch !== undefined; batch = left.shift()) {
      await playBatch(batch, done, (verdict) => {
        verdicts.push(verdict);
        played?.(verdict);
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { verdicts, done };
}

/** On a server of its own: what other batches leave there would make its lists longer, and so the seed another. */
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
