import assert from "node:assert/strict";
import {
  isFiltered,
  jobsRoute,
  pageQuery,
  parseQuery,
  toggleSelected,
} from "../../../server/page/src/pages/jobs/query";

describe("the address of the list of jobs", () => {
  it("has everything that the list shows", () => {
    const address = "?search=a+%26+b&status=RUNNING&model=open-mistral-7b&mine=true&page=3&select=a,b";
    assert.deepEqual(parseQuery(address), {
      search: "a & b",
      status: "RUNNING",
      model: "open-mistral-7b",
      mine: true,
      page: 3,
      selected: ["a", "b"],
    });
    assert.equal(pageQuery(parseQuery(address)), address);
  });

  it("is empty for the defaults, and ignores invalid values", () => {
    assert.equal(pageQuery(parseQuery("")), "");
    for (const invalid of ["?page=0", "?page=1.5", "?page=x", "?status=NONSENSE", "?mine=yes", "?select=,,"]) {
      assert.deepEqual(parseQuery(invalid), parseQuery(""), invalid);
    }
    assert.equal(isFiltered(parseQuery("?page=2&search=+")), false);
  });

  it("becomes a request for the page and the statuses", () => {
    assert.equal(jobsRoute(parseQuery("")), "v1/fine_tuning/dashboard/jobs?page=0&page_size=50");
    const unfinished = new URLSearchParams(jobsRoute(parseQuery("?status=unfinished&page=2")).split("?")[1]);
    assert.equal(unfinished.get("page"), "1");
    assert.ok(unfinished.getAll("status").includes("CANCELLATION_REQUESTED"));
    assert.ok(!unfinished.getAll("status").includes("SUCCESS"));
  });

  it("selects at most eight jobs for the comparison", () => {
    const ids = Array.from({ length: 9 }, (_, index) => `job-${index}`);
    const query = parseQuery(`?select=${ids.join(",")}`);
    assert.equal(query.selected.length, 8);
    assert.equal(toggleSelected(query, "job-8").length, 8);
    assert.deepEqual(toggleSelected(parseQuery("?select=a,b,a"), "a"), ["b"]);
  });
});
