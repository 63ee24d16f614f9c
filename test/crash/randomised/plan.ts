import { Random } from "../../support/random";
import { type Rates, randomRates } from "../../support/randomFaults";

/**
 * The number of seeds that share a host and a server, as the resources of one stack do: when a host dies, the calls of all of them
 * fail. The batch is a part of what makes a seed reproducible, so a seed always runs together with its batch.
 */
export const SEEDS_IN_BATCH = 10;

const MOST_KILLS = 3;
/** Kills happen within this number of requests of a seed. A run sends about this many at least. */
const REQUESTS = 30;

// Independent random streams of a seed: drawing from one does not change the others.
const PLAN = 0;
const FAULTS = 1;
const KILLS = 2;

/**
 * Everything that a seed determines about its run. A seed does not determine timing: how often a wait polls, and the jitter of the
 * client's retry delays.
 */
export interface Plan {
  seed: number;
  rates: Rates;
  /** Draws the fault of each request, in the order of the requests. */
  faults: Random;
  /** Whether the user sets a suffix, which does not identify the job on its own. */
  ownSuffix: boolean;
  /** Whether the job is replaced with the same inputs (`--replace`) before it is deleted. */
  replaced: boolean;
}

/** A point at which the hosts of a batch are killed. */
export interface Kill {
  seed: number;
  /** The number of the request of that seed, from 1. */
  ordinal: number;
  when: "before" | "after";
}

export function planOf(seed: number): Plan {
  const random = new Random(seed, PLAN);
  return {
    seed,
    rates: randomRates(random),
    faults: new Random(seed, FAULTS),
    ownSuffix: random.chance(0.25),
    replaced: random.chance(0.5),
  };
}

export const batchOf = (seed: number) => Math.floor(seed / SEEDS_IN_BATCH);

export const seedsOf = (batch: number) =>
  Array.from({ length: SEEDS_IN_BATCH }, (_, index) => batch * SEEDS_IN_BATCH + index);

/** Returns when the hosts of a batch are killed: zero to three times. */
export function killsOf(batch: number): Kill[] {
  const random = new Random(batch, KILLS);
  const [first = 0] = seedsOf(batch);
  return Array.from({ length: random.integer(0, MOST_KILLS) }, () => ({
    seed: first + random.integer(0, SEEDS_IN_BATCH - 1),
    ordinal: random.integer(1, REQUESTS),
    when: random.chance(0.5) ? "before" : "after",
  }));
}
