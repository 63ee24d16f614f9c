import assert from "node:assert/strict";
import { RequestNames } from "./requestNames";

const list = "GET /v1/fine_tuning/jobs";
const job = "GET /v1/fine_tuning/jobs/{id}";
const start = "POST /v1/fine_tuning/jobs/{id}/start";

/** Returns the names of the distinct requests. */
function requestsIn(...templates: string[]): string[] {
  const names = new RequestNames();
  return [...new Set(templates.map((template) => names.next(template)))];
}

describe("the distinct requests of a command", () => {
  it("count each polling request once per wait", () => {
    const expected = ["GET …/jobs", "GET …/jobs/{id}"];
    assert.deepEqual(requestsIn(list, job, job, job), expected);
    assert.deepEqual(requestsIn(list, job, list, job, list), expected);
  });

  it("count a request again at a later point of the command", () => {
    assert.deepEqual(requestsIn(list, "GET /v1/files", list, job, job, start, job), [
      "GET …/jobs",
      "GET …/files",
      "GET …/jobs#2",
      "GET …/jobs/{id}",
      "POST …/jobs/{id}/start",
      "GET …/jobs/{id}#2",
    ]);
  });
});
