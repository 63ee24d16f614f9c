import assert from "node:assert/strict";
import fc from "fast-check";
import { fairOrder, Queue, type QueuedJob } from "../../../../server/src/trainers/process/fairQueue";

const waiting = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    workspace: fc.constant("w"),
    owner: fc.constantFrom("a", "b", "c"),
    startedAt: fc.integer({ min: 0, max: 20 }),
  }),
  { selector: (job) => job.id, maxLength: 30 },
);

const inWorkspace = (owners: readonly string[]) => owners.map((owner) => ({ workspace: "w", owner }));

describe("server: the job queue", () => {
  it("gives an owner at most one turn more than any owner that is still queued", () => {
    fc.assert(
      fc.property(waiting, fc.shuffledSubarray(["a", "b", "c"]), (jobs, turns) => {
        const order = fairOrder(jobs, inWorkspace(turns));
        assert.deepEqual(new Set(order), new Set(jobs));
        const count = (list: QueuedJob[], owner: string) => list.filter((job) => job.owner === owner).length;
        for (let served = 0; served <= order.length; served += 1) {
          const [past, rest] = [order.slice(0, served), order.slice(served)];
          const owners = [...new Set(rest.map((job) => job.owner))];
          for (const one of new Set(jobs.map((job) => job.owner))) {
            for (const other of owners) {
              assert.ok(count(past, one) <= count(past, other) + 1);
            }
          }
        }
      }),
    );
  });

  it("orders each owner's jobs by start time, and starts with the owner whose last turn is the longest ago", () => {
    fc.assert(
      fc.property(waiting, fc.shuffledSubarray(["a", "b", "c"]), (jobs, turns) => {
        const order = fairOrder(jobs, inWorkspace(turns));
        for (const owner of ["a", "b", "c"]) {
          const times = order.filter((job) => job.owner === owner).map((job) => job.startedAt);
          assert.deepEqual(
            times,
            times.toSorted((one, other) => one - other),
          );
        }
        const first = order[0];
        if (first !== undefined) {
          const later = turns.slice(turns.indexOf(first.owner) + 1);
          assert.ok(
            !turns.includes(first.owner) || jobs.every(({ owner }) => owner === first.owner || later.includes(owner)),
          );
        }
      }),
    );
  });

  it("gives each workspace the same number of turns, however many owners and jobs another one has", () => {
    const of = (workspace: string, owner: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        id: `${workspace}-${owner}-${index}`,
        workspace,
        owner,
        startedAt: index,
      }));
    const jobs = [...of("large", "a", 3), ...of("large", "b", 3), ...of("large", "c", 3), ...of("small", "a", 2)];
    const ids = fairOrder(jobs, [{ workspace: "small", owner: "a" }]).map(({ id }) => id);
    assert.deepEqual(ids.slice(0, 6), ["large-a-0", "small-a-0", "large-b-0", "small-a-1", "large-c-0", "large-a-1"]);
    const turns = [
      { workspace: "large", owner: "a" },
      { workspace: "large", owner: "b" },
    ];
    assert.deepEqual(
      fairOrder(jobs, turns)
        .map(({ id }) => id)
        .slice(0, 4),
      ["small-a-0", "large-c-0", "small-a-1", "large-a-0"],
    );
  });

  it("enforces the limit, counts jobs that already run, and numbers the queued jobs", () => {
    const queue = new Queue(2);
    queue.addRunning("old");
    for (const [id, owner, startedAt] of [
      ["a1", "a", 1],
      ["a2", "a", 2],
      ["b1", "b", 3],
    ] as const) {
      queue.add({ id, workspace: "w", owner, startedAt });
    }
    assert.deepEqual(
      ["a1", "b1", "a2"].map((id) => queue.position(id)),
      [1, 2, 3],
    );
    assert.deepEqual(
      ["a2", "b1", "a1", "b1"].map((id) => queue.admit(id)),
      [false, false, true, false],
    );
    assert.deepEqual([queue.running, queue.waiting, queue.position("b1")], [2, 2, 1]);
    assert.deepEqual([queue.isWaiting("a1"), queue.isWaiting("b1")], [false, true]);
    queue.remove("old");
    assert.deepEqual([queue.admit("a2"), queue.admit("b1")], [false, true]);
    queue.remove("b1");
    queue.remove("a2");
    assert.deepEqual([queue.running, queue.waiting], [1, 0]);
  });

  it("sorts a long queue once for all its jobs, not once for each job", () => {
    const queue = new Queue(1);
    queue.addRunning("old");
    let comparisons = 0;
    for (let index = 0; index < 1000; index += 1) {
      const job = { id: `job-${index}`, workspace: "w", owner: `owner-${index % 3}` };
      queue.add({
        ...job,
        get startedAt() {
          comparisons += 1;
          return index;
        },
      });
    }
    const positions = Array.from({ length: 1000 }, (_, index) => queue.position(`job-${index}`));
    assert.deepEqual(new Set(positions), new Set(Array.from({ length: 1000 }, (_, index) => index + 1)));
    assert.deepEqual([queue.next(), queue.canAdmit("job-0")], ["job-0", false]);
    assert.ok(comparisons < 60_000, `${comparisons} reads of a start time`);
  });
});
