import assert from "node:assert/strict";
import { runSeeds } from "./randomised/batches";
import { killsOf, planOf } from "./randomised/plan";
import { report } from "./report";

/** Two batches. `npm run test:crash` runs a thousand seeds. */
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe("the provider with random faults and kills", () => {
  let result: Awaited<ReturnType<typeof runSeeds>>;

  before(async function () {
    this.timeout(10 * 60_000);
    result = await runSeeds(seeds, { host: "dynamic", parallelBatches: 2 });
  });

  it("trains once, loses no ID and finishes", () => {
    const { verdicts } = result;
    assert.equal(verdicts.length, seeds.length);
    const failed = verdicts.filter(({ findings }) => findings.length > 0);
    assert.deepEqual(failed, [], report(verdicts));
  });

  it("is tested with every kind of fault", () => {
    const { faultCounts } = result;
    for (const name of [...Object.keys(planOf(0).rates), "hosts killed"])
      assert.ok((faultCounts.get(name) ?? 0) > 0, name);
  });

  it("receives the same faults for the same seed", () => {
    const draws = (seed: number) => {
      const { rates, faults, explicitSuffix, replaced } = planOf(seed);
      return [rates, explicitSuffix, replaced, ...Array.from({ length: 100 }, () => faults.next())];
    };
    assert.deepEqual(draws(123), draws(123));
    assert.notDeepEqual(draws(123), draws(124));
    assert.deepEqual(killsOf(12), killsOf(12));
  });
});
