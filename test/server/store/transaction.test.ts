import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Database from "libsql";
import { openDatabase } from "../../../server/src/store/database";
import { commitNow, committed, inTransaction, onceCommitted } from "../../../server/src/store/transaction";
import { eventually } from "../../support/eventually";
import { TestServer } from "../../support/server";
import { Api, folder, type Json, removeFolders } from "../support";

describe("transactions of the store", () => {
  let database: Database.Database;
  let other: Database.Database;
  let commits: number;

  beforeEach(() => {
    const path = join(folder(), "test.db");
    database = new Database(path);
    database.pragma("journal_mode = WAL");
    database.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT)");
    other = new Database(path);
    commits = 0;
    const exec = database.exec.bind(database);
    database.exec = (sql) => {
      if (sql === "COMMIT") commits += 1;
      return exec(sql);
    };
  });
  afterEach(() => {
    database.close();
    other.close();
    removeFolders();
  });

  const add = (number: number, text = "") =>
    inTransaction(database, () => {
      database.prepare("INSERT INTO numbers VALUES (?, ?)").run(number, text);
      return number;
    });
  const numbersIn = (each: Database.Database) =>
    (each.prepare("SELECT number FROM numbers ORDER BY number").all() as { number: number }[]).map(
      ({ number }) => number,
    );

  it("share one commit with all others of the same turn, and are durable after it", async () => {
    const waits = [];
    for (let number = 0; number < 50; number++) {
      assert.equal(add(number), number);
      waits.push(committed(database));
      await Promise.resolve();
    }
    assert.deepEqual(numbersIn(other), []);
    await Promise.all(waits);
    assert.equal(numbersIn(other).length, 50);
    assert.equal(commits, 1);
    assert.equal(committed(database), undefined);
    add(50);
    await committed(database);
    assert.equal(commits, 2);
  });

  it("undo only the writes of an action that throws", async () => {
    add(1);
    assert.throws(() => inTransaction(database, () => [add(2), add(1)]), { code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
    assert.throws(
      () =>
        inTransaction(database, () => {
          add(3);
          throw new Error("no");
        }),
      /^Error: no$/,
    );
    add(4);
    await committed(database);
    assert.deepEqual(numbersIn(other), [1, 4]);
  });

  it("fail together when the disk is full, and work again afterwards", async () => {
    add(1);
    await committed(database);
    database.pragma("max_page_count = 3");
    add(2);
    const wait = committed(database);
    try {
      add(3, "x".repeat(100_000));
      assert.fail("the database has too many pages");
    } catch (error) {
      assert.equal((error as Json).code, "SQLITE_FULL");
    }
    // SQLite decides whether the error ends the transaction. The promise must tell the truth in both cases.
    const stored = await wait?.then(
      () => [1, 2],
      () => [1],
    );
    assert.deepEqual(numbersIn(other), stored);
    database.pragma("max_page_count = 1000");
    add(4);
    await committed(database);
    assert.ok(numbersIn(other).includes(4));
  });

  it("all fail when SQLite undoes the group in the middle of the turn, and work again in the next turn", async () => {
    add(0);
    await committed(database);
    database.pragma("max_page_count = 3");
    add(1);
    assert.throws(() => add(2, "x".repeat(100_000)), { code: "SQLITE_FULL" });
    assert.equal(database.inTransaction, false, "SQLite has undone the group");
    const wait = committed(database);
    assert.ok(wait, "the earlier action of the turn must not seem durable");
    assert.throws(() => add(3), { code: "SQLITE_FULL" });
    await assert.rejects(wait, { code: "SQLITE_FULL" });
    assert.deepEqual(numbersIn(other), [0]);
    add(4);
    await committed(database);
    assert.deepEqual(numbersIn(other), [0, 4]);
  });

  for (const [undone, failing] of [
    ["a failed commit", ["COMMIT", "ROLLBACK"]],
    ["a failed action", ["ROLLBACK TO action; RELEASE action", "ROLLBACK"]],
  ] as const) {
    it(`reject and work again when ${undone} cannot be undone`, async () => {
      const exec = database.exec.bind(database);
      const broken = new Set<string>(failing);
      database.exec = (sql) => {
        if (broken.has(sql)) throw Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" });
        return exec(sql);
      };
      add(1);
      const wait = committed(database) as Promise<void>;
      if (undone === "a failed action") {
        assert.throws(() => inTransaction(database, () => [add(2), add(1)]), /UNIQUE/);
      }
      await assert.rejects(wait);
      broken.clear();
      add(3);
      await committed(database);
      assert.deepEqual(numbersIn(other), [3]);
    });
  }

  it("call back once they are durable, and never when they are undone", async () => {
    const called: number[] = [];
    const addAndCall = (number: number) =>
      inTransaction(database, () => {
        onceCommitted(database, () => called.push(number));
        add(number);
      });
    addAndCall(1);
    assert.throws(() => addAndCall(1), { code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
    addAndCall(2);
    assert.deepEqual(called, []);
    await committed(database);
    assert.deepEqual(called, [1, 2]);
    addAndCall(3);
    const wait = committed(database) as Promise<void>;
    database.exec("ROLLBACK");
    await assert.rejects(wait);
    assert.deepEqual(called, [1, 2]);
    addAndCall(3);
    await committed(database);
    assert.deepEqual(called, [1, 2, 3]);
  });

  it("wait for a write of another process", async () => {
    const path = join(folder(), "server.db");
    openDatabase(path).close();
    const script = `
      const database = new (require("libsql"))(process.argv[1]);
      database.exec("BEGIN IMMEDIATE");
      console.log("locked");
      setTimeout(() => database.exec("COMMIT"), 300);`;
    const writer = spawn(process.execPath, ["-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(writer.stdout, "data");
    const server = openDatabase(path);
    inTransaction(server, () => server.prepare("DELETE FROM files").run());
    server.close();
    await once(writer, "exit");
  });

  it("reject when the commit fails", async () => {
    add(1);
    const wait = committed(database);
    database.exec("ROLLBACK");
    await assert.rejects(wait as Promise<void>, /no transaction/);
    add(2);
    commitNow(database);
    assert.deepEqual(numbersIn(other), [2]);
  });
});

describe("server: group commits", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  it("keep every job whose creation was answered when the server is killed under load", async () => {
    const server = await TestServer.start({ dataFolder: folder(), speed: 2000 });
    const api = new Api(server.url);
    const training_files = [await api.fileId()];
    const body = { model: "m", training_files, hyperparameters: { training_steps: 10 }, auto_start: true };
    const answered: string[] = [];
    const create = async () => {
      for (;;) {
        const reply = await api.call("POST", "/v1/fine_tuning/jobs", body).catch(() => undefined);
        if (reply?.status !== 200) return;
        answered.push(reply.body.id);
      }
    };
    const clients = Promise.all(Array.from({ length: 20 }, create));
    await eventually("answers", async () => answered.length >= 60 || undefined);
    await server.kill();
    await clients;
    await server.start();
    const replies = await Promise.all(answered.map((id) => api.call("GET", `/v1/fine_tuning/jobs/${id}`)));
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  });
});
