import assert from "node:assert/strict";
import type { DashboardJob } from "../../../common/src";
import { duration, jobName, money } from "../../../server/page/src/format";
import { keepPlaces, rowsOf, statusChanges } from "../../../server/page/src/pages/jobs/keepPlaces";
import { matchingModels } from "../../../server/page/src/pages/models/model";
import { sparklinePoints } from "../../../server/page/src/sparklinePoints";

const job = (id: string, status: DashboardJob["status"] = "RUNNING") => ({ id, status }) as DashboardJob;

describe("the list of jobs", () => {
  it("keeps the places of its rows while somebody reads it", () => {
    const shown = rowsOf([job("b"), job("a")]);
    const { rows, added, newer } = keepPlaces(shown, [job("d"), job("c"), job("a", "SUCCESS")]);
    assert.deepEqual([added, newer], [2, 2]);
    assert.deepEqual(rows, [
      { job: job("b"), left: true },
      { job: job("a", "SUCCESS"), left: false },
    ]);
    assert.deepEqual(keepPlaces(rows, [job("b"), job("a")]), { rows: shown, added: 0, newer: 0 });
    const { newer: before } = keepPlaces(shown, [job("c"), job("b"), job("older")]);
    assert.equal(before, 1, "a job that moves up from the next page is not new");
  });

  it("says which statuses have changed", () => {
    const before = rowsOf([job("b"), job("a")]);
    assert.equal(
      statusChanges(before, rowsOf([job("c"), job("b"), job("a", "FAILED_VALIDATION")])),
      "a: failed validation",
    );
    assert.equal(statusChanges(before, before), "");
    const { rows } = keepPlaces(before, [job("a")]);
    assert.equal(statusChanges(before, rows), "b: no longer on this page of the list");
    assert.equal(statusChanges(rows, rows), "", "only once");
  });

  it("draws a loss over the whole height, also one that does not change", () => {
    assert.equal(sparklinePoints([3, 2, 1], 100, 20), "2,2 50,10 98,18");
    assert.equal(sparklinePoints([1, 1], 100, 20), "2,10 98,10");
    assert.equal(sparklinePoints([1, Number.NaN], 100, 20), "");
  });

  it("names a job by its suffix, without characters that mislead", () => {
    assert.equal(jobName({ id: "0123456789", suffix: "support\u202e-bot" }), "support-bot");
    assert.equal(jobName({ id: "0123456789", suffix: "\u202e" }), "01234567");
    assert.equal(jobName({ id: "0123456789" }), "01234567");
  });

  it("formats durations and amounts with their units", () => {
    assert.deepEqual([0, 59.9, 61, 7500, 97_200].map(duration), ["0 s", "59 s", "1 min", "2 h 5 min", "1 d 3 h"]);
    assert.equal(money(3.1, "EUR"), "3.10 EUR");
    assert.equal(money(0.0042), "0.0042");
  });
});

describe("the list of models", () => {
  it("finds models by ID, name, base model and holder", () => {
    const model = (id: string, more = {}) => ({ id, type: "fine-tuned" as const, created: 0, name: null, ...more });
    const models = [
      model("ft:a", { name: "Support" }),
      model("ft:b", { held_by: ["approval support"], archived: false }),
      model("ft:c", { archived: true }),
      { ...model("support-base"), type: "base" as const },
    ];
    const ids = (search: string, state = "") => matchingModels(models, { search, state }).map(({ id }) => id);
    assert.deepEqual(ids(" SUPPORT "), ["ft:a", "ft:b"]);
    assert.deepEqual(ids("", "held"), ["ft:b"]);
    assert.deepEqual(ids("", "archived"), ["ft:c"]);
    assert.deepEqual(ids("", "other"), ["ft:a"]);
  });
});
