import { Random } from "../../support/random";
import { type Rates, randomRates } from "../../support/randomFaults";

/**
 * So many seeds share a host and a server, as the resources of one stack do: a host that dies takes the calls of all of them
 * along. Which seeds these are belongs to what a seed is, so it is always played with the others of its batch.
 */
export const SEEDS_IN_BATCH = 10;

const MOST_KILLS = 3;
/** A run sends about this many requests at least. */
const REQUESTS = 30;

// Streams of a seed: what one of them draws changes nothing in the others.
const PLAN = 0;
const FAULTS = 1;
const KILLS = 2;

/**
 * All that a seed decides about its own run. It does not decide the time that things take: how often a wait polls, and the noise
 * in the client's pauses.
 */
export interface Plan {
  seed: number;
  rates: Rates;
  /** Draws the fault of each request, in their order. */
  faults: Random;
  /** Whether the job has a suffix of the user's, by which alone it cannot be recognised. */
  ownSuffix: boolean;
  /** Whether it is replaced by itself before it is deleted. */
  replaced: boolean;
}

/** A moment at which a batch's host is killed. */
export interface Kill {
  seed: number;
  /** The request of that seed with which it comes, from 1. */
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

/** When the host of a batch is killed: none to three times. */
export function killsOf(batch: number): Kill[] {
  const random = new Random(batch, KILLS);
  const [first = 0] = seedsOf(batch);
  return Array.from({ length: random.integer(0, MOST_KILLS) }, () => ({
    seed: first + random.integer(0, SEEDS_IN_BATCH - 1),
    ordinal: random.integer(1, REQUESTS),
    when: random.chance(0.5) ? "before" : "after",
  }));
}
