import { Random } from "../../support/random";
import { type Rates, randomRates } from "../../support/randomFaults";

/**
 * The number of seeds that share a host and a server, like the resources of one stack. When a host dies, the calls of all its seeds
 * fail. A seed is reproducible only together with the other seeds of its batch, so whole batches always run.
 */
export const SEEDS_IN_BATCH = 10;

const MAX_KILLS = 3;
/** A kill happens at one of a seed's first 30 requests. A run sends at least about 30 requests. */
const REQUESTS = 30;

// Independent random streams of a seed: drawing from one does not change the others.
const PLAN = 0;
const FAULTS = 1;
const KILLS = 2;

/**
 * All properties of a run that its seed determines. The timing is not determined: how often a wait polls, and the jitter of the
 * client's retry delays.
 */
export interface Plan {
  seed: number;
  rates: Rates;
  /** Generates the fault of each request, in the order of the requests. */
  faults: Random;
  /** Whether the program sets `suffix`. An explicit suffix alone does not identify the job. */
  explicitSuffix: boolean;
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
    explicitSuffix: random.chance(0.25),
    replaced: random.chance(0.5),
  };
}

export const batchOf = (seed: number) => Math.floor(seed / SEEDS_IN_BATCH);

export const seedsOf = (batch: number) =>
  Array.from({ length: SEEDS_IN_BATCH }, (_, index) => batch * SEEDS_IN_BATCH + index);

/** Returns the zero to three points at which the hosts of a batch are killed. */
export function killsOf(batch: number): Kill[] {
  const random = new Random(batch, KILLS);
  const [first = 0] = seedsOf(batch);
  return Array.from({ length: random.integer(0, MAX_KILLS) }, () => ({
    seed: first + random.integer(0, SEEDS_IN_BATCH - 1),
    ordinal: random.integer(1, REQUESTS),
    when: random.chance(0.5) ? "before" : "after",
  }));
}
