import assert from "node:assert/strict";
import { tryPoints } from "./lanes";
import { pointNamed } from "./point";
import { report } from "./report";
import type { Verdict } from "./verdict";

/** The requests where a failure costs most. `npm run test:crash` tries all of them. */
const points = [
  "create/POST …/jobs/kill-after",
  "delete/POST …/jobs/{id}/cancel/kill-after",
  "create/POST …/jobs/sigint",
  "create/POST …/jobs/{id}/start/server-kill",
];

describe("running `pulumi up` or `pulumi destroy` again after a fault", function () {
  // When this file runs alone, it may have to build a Pulumi CLI first.
  this.timeout(20 * 60_000);
  let verdicts: Verdict[];

  before(async () => {
    verdicts = await tryPoints(points.map(pointNamed), { lanes: 2 });
  });

  for (const point of points) {
    it(`leaves one job, one upload and nothing pending: ${point}`, () => {
      const tried = verdicts.filter(({ name }) => name === point);
      assert.equal(tried.length, 1);
      assert.deepEqual(tried[0]?.findings, [], report(tried));
    });
  }
});
