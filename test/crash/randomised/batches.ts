import type { Verdict } from "../verdict";
import { Hosts } from "./hosts";
import { batchOf, killsOf, planOf, seedsOf } from "./plan";
import { Run } from "./run";
import { World } from "./world";

/** Plays the batches of these seeds whole, so many of them side by side. */
export async function playSeeds(
  seeds: readonly number[],
  { atOnce, played }: { atOnce: number; played?: (verdict: Verdict) => void },
): Promise<{ verdicts: Verdict[]; done: ReadonlyMap<string, number> }> {
  const left = [...new Set(seeds.map(batchOf))];
  const verdicts: Verdict[] = [];
  const world = await World.create();
  const worker = async () => {
    for (let batch = left.shift(); batch !== undefined; batch = left.shift()) {
      await playBatch(batch, world, (verdict) => {
        verdicts.push(verdict);
        played?.(verdict);
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
    return { verdicts, done: world.done };
  } finally {
    await world.end();
  }
}

async function playBatch(batch: number, world: World, played: (verdict: Verdict) => void): Promise<void> {
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
  }
}
