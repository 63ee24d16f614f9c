import assert from "node:assert/strict";
import { playSeeds } from "./randomised/batches";
import { killsOf, planOf } from "./randomised/plan";
import { report } from "./report";

/** Two batches. `npm run test:crash` runs a thousand seeds. */
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe("random faults and kills of the provider", () => {
  let played: Awaited<ReturnType<typeof playSeeds>>;

  before(async function () {
    this.timeout(10 * 60_000);
    played = await playSeeds(seeds, { atOnce: 2 });
  });

  it("train once, lose no ID and finish", () => {
    const { verdicts } = played;
    assert.equal(verdicts.length, seeds.length);
    const failed = verdicts.filter(({ findings }) => findings.length > 0);
    assert.deepEqual(failed, [], report(verdicts));
  });

  it("include every kind of fault", () => {
    const { done } = played;
    for (const name of [...Object.keys(planOf(0).rates), "hosts killed"]) assert.ok((done.get(name) ?? 0) > 0, name);
  });

  it("are the same for the same seed", () => {
    const draws = (seed: number) => {
      const { rates, faults, ownSuffix, replaced } = planOf(seed);
      return [rates, ownSuffix, replaced, ...Array.from({ length: 100 }, () => faults.next())];
    };
    assert.deepEqual(draws(123), draws(123));
    assert.notDeepEqual(draws(123), draws(124));
    assert.deepEqual(killsOf(12), killsOf(12));
  });
});
