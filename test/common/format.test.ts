import assert from "node:assert/strict";
import fc from "fast-check";
import { formatAmount, formatBytes, formatCount, percent, plural } from "../../common/src";

describe("numbers in messages", () => {
  it("groups thousands", () => {
    assert.equal(formatCount(1_234_567), "1,234,567");
    assert.equal(formatCount(0.5), "0.5");
  });

  it("chooses the singular for exactly one", () => {
    assert.deepEqual(
      [0, 1, 2, 1200].map((value) => plural(value, "sample")),
      ["0 samples", "1 sample", "2 samples", "1,200 samples"],
    );
  });

  it("keeps two significant digits of amounts below one", () => {
    assert.deepEqual([0, 3.1, 13.105, 0.004_21].map(formatAmount), ["0.00", "3.10", "13.11", "0.0042"]);
  });

  it("writes bytes in units of 1000", () => {
    assert.deepEqual([0, 999, 2_100_000, 5e12].map(formatBytes), ["0 bytes", "999 bytes", "2.1 MB", "5,000 GB"]);
  });

  it("writes percentages without rounding errors", () => {
    const fractions = [0, 0.07, 0.29, 0.125, 0.5, 1, 1.1];
    assert.deepEqual(fractions.map(percent), ["0 %", "7 %", "29 %", "12.5 %", "50 %", "100 %", "110 %"]);
  });

  it("formats fractions with up to four decimals as percentages without changing the digits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
        const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
        assert.equal(percent(hundredths / 10_000), `${text.replace(/\.?0+$/, "")} %`);
      }),
      { numRuns: 2000 },
    );
  });
});
