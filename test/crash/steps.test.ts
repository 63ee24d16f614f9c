import assert from "node:assert/strict";
import { Steps } from "./steps";

const list = "GET /v1/fine_tuning/jobs";
const job = "GET /v1/fine_tuning/jobs/{id}";
const start = "POST /v1/fine_tuning/jobs/{id}/start";

/** Returns the names of the distinct requests. */
function stepsIn(...templates: string[]): string[] {
  const steps = new Steps();
  return [...new Set(templates.map((template) => steps.next(template)))];
}

describe("the distinct requests of a command", () => {
  it("count once in a wait, with every way of polling", () => {
    const expected = ["GET …/jobs", "GET …/jobs/{id}"];
    assert.deepEqual(stepsIn(list, job, job, job), expected);
    assert.deepEqual(stepsIn(list, job, list, job, list), expected);
  });

  it("count again at another point of the command", () => {
    assert.deepEqual(stepsIn(list, "GET /v1/files", list, job, job, start, job), [
      "GET …/jobs",
      "GET …/files",
      "GET …/jobs#2",
      "GET …/jobs/{id}",
      "POST …/jobs/{id}/start",
      "GET …/jobs/{id}#2",
    ]);
  });
});
