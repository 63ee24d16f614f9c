import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FairTurns } from "../../../server/src/trainers/fairTurns";

describe("server: turns of tasks", () => {
  /** Starts tasks that run until they are ended. */
  function withTasks(limit: number) {
    const turns = new FairTurns(limit);
    const started: string[] = [];
    const ends = new Map<string, () => void>();
    const add = (name: string, signal?: AbortSignal) =>
      turns.run(name.slice(0, 1), signal, () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      });
    const end = async (name: string) => {
      ends.get(name)?.();
      await nextTurn();
    };
    return { started, add, end };
  }

  it("alternate between the workspaces, however many tasks one of them has", async () => {
    const { started, add, end } = withTasks(2);
    const all = ["a1", "a2", "a3", "a4", "a5", "b1", "b2", "c1"].map((name) => add(name));
    assert.deepEqual(started, ["a1", "a2"]);
    const order = ["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"];
    for (const name of order) await end(name);
    assert.deepEqual(started, order);
    await Promise.all(all);
  });

  it("pass over a task that was aborted while it waited, and free the place of one that failed", async () => {
    const { started, add, end } = withTasks(1);
    const abort = new AbortController();
    const first = add("a1");
    const aborted = add("b1", abort.signal);
    const last = add("c1");
    abort.abort(new Error("stopped"));
    await assert.rejects(aborted, /^Error: stopped$/);
    await end("a1");
    assert.deepEqual(started, ["a1", "c1"]);
    await end("c1");
    await Promise.all([first, last]);
    await assert.rejects(add("a2", abort.signal), /stopped/);
    const turns = new FairTurns(1);
    await assert.rejects(
      turns.run("a", undefined, async () => {
        throw new Error("failed");
      }),
      /failed/,
    );
    assert.equal(await turns.run("a", undefined, async () => "ran"), "ran");
  });
});
