import assert from "node:assert/strict";
import { parseFaultPoint } from "./enumerated/faultPoint";
import { runFaultPoints } from "./enumerated/faultPoints";
import { report } from "./report";
import { hostNames } from "./testedHost";
import type { Verdict } from "./verdict";

/** The requests where a failure costs most. `npm run test:crash` injects faults at every request. */
const points = [
  "create/POST …/jobs/kill-after",
  "delete/POST …/jobs/{id}/cancel/kill-after",
  "create/POST …/jobs/sigint",
  "create/POST …/jobs/{id}/start/server-kill",
];

for (const host of hostNames) {
  describe(`running \`pulumi up\` or \`pulumi destroy\` again after a fault, with the ${host} host`, function () {
    // When only this file runs, it may have to build a Pulumi CLI first.
    this.timeout(20 * 60_000);
    let verdicts: Verdict[];

    before(async () => {
      verdicts = await runFaultPoints(points.map(parseFaultPoint), { host, environments: 2 });
    });

    for (const point of points) {
      it(`leaves one job, one upload and nothing pending: ${point}`, () => {
        const ownVerdicts = verdicts.filter(({ name }) => name === point);
        assert.equal(ownVerdicts.length, 1);
        assert.deepEqual(ownVerdicts[0]?.findings, [], report(ownVerdicts));
      });
    }
  });
}
