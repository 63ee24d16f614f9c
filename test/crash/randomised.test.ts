import assert from "node:assert/strict";
import { runSeeds } from "./randomised/batches";
import { killsOf, planOf } from "./randomised/plan";
import { report } from "./report";
import { hostNames } from "./testedHost";

/** Two batches. `npm run test:crash` runs a thousand seeds. */
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

for (const host of hostNames) {
  describe(`the provider with random faults and kills, with the ${host} host`, () => {
    let result: Awaited<ReturnType<typeof runSeeds>>;

    before(async function () {
      this.timeout(10 * 60_000);
      result = await runSeeds(seeds, { host, parallelBatches: 2 });
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
  });
}

describe("the plan of a seed", () => {
  it("contains the same faults each time", () => {
    const draws = (seed: number) => {
      const { rates, faults, explicitSuffix, replaced } = planOf(seed);
      return [rates, explicitSuffix, replaced, ...Array.from({ length: 100 }, () => faults.next())];
    };
    assert.deepEqual(draws(123), draws(123));
    assert.notDeepEqual(draws(123), draws(124));
    assert.deepEqual(killsOf(12), killsOf(12));
  });
});
