import assert from "node:assert/strict";
import fc from "fast-check";
import { withinSkipShare } from "../../data/src";

describe("the share of invalid samples that may be skipped", () => {
  it("is inclusive: 29 of 100 pass at 0.29, 30 do not", () => {
    assert.equal(withinSkipShare({ validSamples: 71, invalidSamples: 29 }, 0.29), true);
    assert.equal(withinSkipShare({ validSamples: 70, invalidSamples: 30 }, 0.29), false);
  });

  it("never passes a file without a valid sample", () => {
    assert.equal(withinSkipShare({ validSamples: 0, invalidSamples: 0 }, 0.5), false);
    assert.equal(withinSkipShare({ validSamples: 0, invalidSamples: 1 }, 0.5), false);
  });

  it("agrees with exact arithmetic for shares of up to six decimals and a billion samples", () => {
    const decimals = 1_000_000n;
    const cases = fc
      .record({ share: fc.integer({ min: 0, max: 500_000 }), total: fc.integer({ min: 1, max: 1e9 }) })
      .chain(({ share, total }) => {
        // Around the limit, where a rounding error decides.
        const limit = Number((BigInt(share) * BigInt(total)) / decimals);
        return fc.record({
          share: fc.constant(share),
          total: fc.constant(total),
          bad: fc.integer({ min: Math.max(0, limit - 1), max: Math.min(total, limit + 1) }),
        });
      });
    fc.assert(
      fc.property(cases, ({ share, total, bad }) => {
        const exact = bad < total && BigInt(bad) * decimals <= BigInt(share) * BigInt(total);
        assert.equal(withinSkipShare({ validSamples: total - bad, invalidSamples: bad }, share / 1_000_000), exact);
      }),
      { numRuns: 20_000 },
    );
  });

  it("agrees with exact arithmetic for every whole percentage of up to 1,000 samples", () => {
    for (let hundredths = 0; hundredths <= 50; hundredths++) {
      for (let total = 1; total <= 1000; total++) {
        const most = Math.floor((hundredths * total) / 100);
        assert.equal(
          withinSkipShare({ validSamples: total - most, invalidSamples: most }, hundredths / 100),
          most < total,
        );
        assert.equal(
          withinSkipShare({ validSamples: total - most - 1, invalidSamples: most + 1 }, hundredths / 100),
          false,
        );
      }
    }
  });
});
