import assert from "node:assert/strict";
import { tryPoints } from "./lanes";
import { pointNamed } from "./point";
import { report } from "./report";
import type { Verdict } from "./verdict";

/** The requests at which most is at stake; `npm run test:crash` has them all. */
const points = [
  "create/POST …/jobs/kill-after",
  "delete/POST …/jobs/{id}/cancel/kill-after",
  "create/POST …/jobs/sigint",
  "create/POST …/jobs/{id}/start/server-kill",
];

describe("a real `pulumi up` or `destroy`, run again after", function () {
  // A test file that is run alone may have to build a CLI first.
  this.timeout(20 * 60_000);
  let verdicts: Verdict[];

  before(async () => {
    verdicts = await tryPoints(points.map(pointNamed), { lanes: 2 });
  });

  for (const point of points) {
    it(`${point}, has one job, one upload and nothing open`, () => {
      const tried = verdicts.filter(({ name }) => name === point);
      assert.equal(tried.length, 1);
      assert.deepEqual(tried[0]?.findings, [], report(tried));
    });
  }
});
