import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Database from "libsql";
import { createJobBody } from "../../../server/src/domain/jobSpec";
import { createLog } from "../../../server/src/log";
import { openDatabase } from "../../../server/src/store/database";
import { EvaluationStore } from "../../../server/src/store/evaluations";
import { JobStore } from "../../../server/src/store/jobs";
import { inTransaction } from "../../../server/src/store/transaction";
import { MissStore } from "../../../server/src/store/webhooks/missStore";
import { Notifications } from "../../../server/src/webhooks/notifications";
import { post } from "../../../server/src/webhooks/post";
import { DELAYS } from "../../../server/src/webhooks/schedule";
import { WebhookSender } from "../../../server/src/webhooks/sender";
import { parseWebhooks } from "../../../server/src/webhooks/targets";
import { eventually } from "../../support/eventually";
import { folder, removeFolders } from "../support";
import { ok, Receiver, SECRET } from "./receiver";

const FULL = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });

const never = () => {};
const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

describe("server: the delivery of notifications", () => {
  const delays = [...DELAYS];
  let database: Database.Database;
  let receivers: Receiver[];
  let senders: WebhookSender[];
  let failingCommits: number;
  let counts: Record<"sent" | "failed" | "dropped", number>;

  beforeEach(() => {
    setDelays(20, 20, 20, 20, 20);
    database = openDatabase(join(folder(), "test.db"));
    receivers = [];
    senders = [];
    failingCommits = 0;
    counts = { sent: 0, failed: 0, dropped: 0 };
    const { exec } = database;
    database.exec = (sql) => {
      if (sql === "COMMIT" && failingCommits-- > 0) throw FULL;
      return exec.call(database, sql);
    };
  });
  afterEach(async () => {
    setDelays(...delays);
    for (const receiver of receivers) assert.deepEqual(receiver.invalid, []);
    await Promise.all(receivers.map((each) => each.stop()));
    await Promise.all(senders.map((each) => each.close()));
    database.close();
    removeFolders();
  });

  function setDelays(...values: number[]): void {
    (DELAYS as number[]).splice(0, DELAYS.length, ...values);
  }

  async function receiver(answer = ok as Receiver["answer"]): Promise<Receiver> {
    const started = await new Receiver().start();
    started.answer = answer;
    receivers.push(started);
    return started;
  }

  /** Starts a sender, as a server does after a restart. */
  function sender(...to: Receiver[]): WebhookSender {
    const webhooks = parseWebhooks({ webhooks: to.map(({ url }) => url), webhookSecret: SECRET });
    const created = new WebhookSender(database, webhooks, {
      log: createLog("silent"),
      count: (result) => {
        counts[result] += 1;
      },
    });
    senders.push(created);
    created.open();
    return created;
  }

  const message = (type: string) => JSON.stringify({ type, data: { job_id: "a-job" } });
  const stored = () => database.prepare("SELECT id FROM webhook_deliveries").all();
  const allDelivered = () => eventually("an empty table", () => stored().length === 0);

  it("sends nothing when the commit fails, although a sender wakes before", async () => {
    const to = await receiver();
    const waking = sender(to);
    const { deliveries } = waking;
    await deliveries.committed();
    failingCommits = 1;
    deliveries.add(message("undone"));
    waking.open();
    await assert.rejects(deliveries.committed() as Promise<void>, FULL);
    assert.deepEqual(stored(), []);
    const undone = () =>
      inTransaction(database, () => {
        deliveries.add(message("undone, too"));
        throw new Error("this action");
      });
    assert.throws(undone, /this action/);
    deliveries.add(message("stored"));
    await allDelivered();
    assert.deepEqual(to.types(), ["stored"]);
  });

  it("retries with the same ID after errors, redirects and closed connections, and follows no redirect", async () => {
    const other = await receiver();
    const answers: Receiver["answer"][] = [
      status(500),
      status(302, { location: other.url }),
      status(307, { location: other.url }),
      (response) => response.socket?.resetAndDestroy(),
      (response) => response.socket?.end("not HTTP\r\n\r\n"),
      ok,
    ];
    const to = await receiver((response, request) => answers[to.received.length - 1]?.(response, request));
    const { deliveries } = sender(to);
    deliveries.add(message("job.finished"));
    await allDelivered();
    assert.equal(to.received.length, answers.length);
    assert.equal(new Set(to.received.map(({ id, body }) => id + body)).size, 1);
    assert.match(to.received[0]?.id as string, /^msg_[\da-f-]{36}$/);
    assert.deepEqual(other.received, []);
    assert.deepEqual(counts, { sent: 1, failed: 5, dropped: 0 });
  });

  it("drops a notification after the last attempt", async () => {
    setDelays(5, 5);
    const to = await receiver(status(404));
    sender(to).deliveries.add(message("job.finished"));
    await allDelivered();
    assert.equal(to.received.length, 3);
    assert.deepEqual(counts, { sent: 0, failed: 3, dropped: 1 });
  });

  it("stops sending to a URL that answers 410 until the restart, and continues with the other URLs", async () => {
    const [gone, other] = [await receiver(status(410)), await receiver()];
    const { deliveries } = sender(gone, other);
    deliveries.add(message("first"));
    await eventually("the first", () => gone.received.length === 1 && other.received.length === 1);
    await allDelivered();
    deliveries.add(message("second"));
    assert.equal(stored().length, 1, "not stored for a URL that is gone");
    await allDelivered();
    gone.answer = ok;
    await senders[0]?.close();
    sender(gone, other).deliveries.add(message("third"));
    await allDelivered();
    assert.deepEqual(gone.types(), ["first", "third"]);
    assert.deepEqual(other.types(), ["first", "second", "third"]);
  });

  it("sends at most 4 at a time to a receiver that never answers, and delays no other receiver", async () => {
    const [silent, other] = [await receiver(never), await receiver()];
    const { deliveries } = sender(silent, other);
    for (let index = 0; index < 20; index++) deliveries.add(message(`number ${index}`));
    await eventually("all to the other", () => other.received.length === 20);
    await eventually("four to the silent one", () => silent.received.length === 4);
    const start = performance.now();
    await senders[0]?.close();
    assert.ok(performance.now() - start < 3000, "the server stops in time");
    assert.deepEqual([silent.received.length, silent.most], [4, 4]);
    silent.answer = ok;
    sender(silent, other);
    await allDelivered();
    assert.equal(silent.received.length, 24);
    assert.equal(new Set(silent.received.map(({ id }) => id)).size, 20);
    assert.equal(other.received.length, 20);
  });

  it("sends one at a time while the receiver fails, until it has received one", async () => {
    setDelays(60_000);
    const to = await receiver(status(500));
    const { deliveries } = sender(to);
    deliveries.add(message("failed"));
    await eventually("a failure", () => counts.failed === 1);
    const held: ServerResponse[] = [];
    to.answer = (response) => held.push(response);
    for (let index = 0; index < 6; index++) deliveries.add(message(`number ${index}`));
    await eventually("the next attempt", () => held.length > 0);
    await sleep(100);
    assert.equal(held.length, 1);
    held[0]?.writeHead(204).end();
    await eventually("four at a time again", () => held.length === 5);
  });

  it("drops what is too old while the receiver fails, so that the stored notifications do not grow without end", async () => {
    setDelays(60_000);
    const to = await receiver(status(500));
    const { deliveries } = sender(to);
    const addOld = () =>
      inTransaction(database, () => {
        deliveries.add(message("old"));
        database.prepare("UPDATE webhook_deliveries SET created_at = 0 WHERE attempts = 0").run();
      });
    addOld();
    await eventually("an attempt", () => counts.failed === 1);
    for (let index = 0; index < 5; index++) addOld();
    await eventually("dropped notifications", () => counts.dropped === 5 && stored().length === 1);
    deliveries.add(message("new"));
    await eventually("another attempt", () => counts.failed === 2);
    assert.deepEqual(to.types(), ["old", "new"]);
  });

  it("changes a job also when the notification has a logic error, but not after a system error", () => {
    let failure: Error = new TypeError("a logic error");
    const errors: unknown[] = [];
    const jobs: JobStore = new JobStore(database, undefined, (job) => notifications.jobChanged(job));
    const { deliveries } = new WebhookSender(
      database,
      parseWebhooks({ webhooks: ["http://127.0.0.1:9"], webhookSecret: SECRET }),
      { log: createLog("silent"), count: never },
    );
    const notifications = new Notifications({
      ...{ deliveries, misses: new MissStore(database), evaluations: new EvaluationStore(database) },
      checkpointsOf: (id) => jobs.checkpoints(id),
      pageOf: () => {
        throw failure;
      },
      onError: (jobId, error) => errors.push([jobId, error]),
    });
    const spec = createJobBody.parse({ model: "m", training_files: ["a"] });
    const { id } = jobs.create(spec, "simulated", { workspace: "default", owner: "anonymous" });
    jobs.transition(id, "VALIDATING");
    jobs.transition(id, "VALIDATED");
    assert.deepEqual([jobs.get(id)?.status, errors, stored()], ["VALIDATED", [[id, failure]], []]);
    failure = FULL;
    assert.throws(() => jobs.transition(id, "CANCELLED"), FULL);
    assert.equal(jobs.get(id)?.status, "VALIDATED");
  });

  it("accepts at most 20 misses of a job in 24 hours", () => {
    const misses = new MissStore(database);
    const isNew = (jobId: string, holder: string) => misses.isNew({ jobId, holder, thresholds: ["t"] });
    const accepted = Array.from({ length: 25 }, (_, index) => isNew("a-job", `holder-${index}`)).filter(Boolean);
    assert.equal(accepted.length, 20);
    assert.ok(isNew("another-job", "holder-24"));
    database.prepare("UPDATE approval_misses SET created_at = created_at - 86400000").run();
    assert.ok(isNew("a-job", "holder-24"));
  });

  it("ignores the body of a reply, and closes the connection", async () => {
    let bytes = 0;
    let isClosed = false;
    const to = await receiver((response) => {
      response.on("close", () => {
        isClosed = true;
      });
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (!isClosed && response.write(chunk)) bytes += chunk.length;
        response.once("drain", write);
      };
      write();
    });
    sender(to).deliveries.add(message("job.finished"));
    await allDelivered();
    await eventually("the end of the connection", () => isClosed);
    assert.ok(bytes < 20_000_000, `${bytes} bytes`);
    assert.equal(to.received.length, 1);
  });

  it("does not send again what it could not record as delivered", async () => {
    const to = await receiver((response) => {
      failingCommits = 1;
      ok(response, response.req);
    });
    sender(to).deliveries.add(message("job.finished"));
    await allDelivered();
    assert.equal(to.received.length, 1);
  });

  it("removes notifications to a URL that is no longer configured", async () => {
    const [old, kept] = [await receiver(status(500)), await receiver(status(500))];
    setDelays(60_000);
    sender(old, kept).deliveries.add(message("job.finished"));
    await eventually("two attempts", () => counts.failed === 2);
    await senders[0]?.close();
    sender(kept);
    await eventually("one delivery", () => stored().length === 1);
    const [{ due_at: dueAt } = { due_at: 0 }] = database.prepare("SELECT due_at FROM webhook_deliveries").all() as {
      due_at: number;
    }[];
    assert.ok(dueAt > Date.now() + 50_000 && dueAt <= Date.now() + 72_000, "waits as before the restart");
    await senders[1]?.close();
    sender();
    await allDelivered();
  });

  it("delivers everything when 500 jobs end at once", async function () {
    this.timeout(30_000);
    const [to, silent] = [await receiver(), await receiver(never)];
    const { deliveries } = sender(to, silent);
    const jobs: JobStore = new JobStore(database, undefined, (job) => notifications.jobChanged(job));
    const notifications = new Notifications({
      ...{ deliveries, misses: new MissStore(database), evaluations: new EvaluationStore(database) },
      checkpointsOf: (id) => jobs.checkpoints(id),
      pageOf: () => undefined,
      onError: assert.fail,
    });
    const spec = createJobBody.parse({ model: "m", training_files: ["a"] });
    const ids = jobs.atomically(() =>
      Array.from({ length: 500 }, () => {
        const { id } = jobs.create(spec, "simulated", { workspace: "default", owner: "anonymous" });
        jobs.transition(id, "VALIDATING");
        return id;
      }),
    );
    await jobs.committed();
    jobs.atomically(() => {
      for (const id of ids) jobs.transition(id, "FAILED", {}, { reason: "at once" });
    });
    await eventually("500 deliveries", () => to.received.length === 500 && stored().length === 500, { everyMs: 100 });
    assert.deepEqual(new Set(to.received.map(({ data }) => data.job_id)), new Set(ids));
    assert.equal(new Set(to.received.map(({ id }) => id)).size, 500);
    assert.deepEqual([to.received.length, to.most <= 4, silent.received.length], [500, true, 4]);
  });

  it("gives up a receiver that does not answer in time, also one that sends headers slowly", async () => {
    const slow: Receiver["answer"] = (response) => {
      const timer = setInterval(() => response.socket?.write("x"), 10);
      response.on("close", () => clearInterval(timer));
      response.socket?.write("HTTP/1.1 200 OK\r\nslow: ");
    };
    for (const answer of [never, slow]) {
      const { url } = await receiver(answer);
      const { signal } = new AbortController();
      const sent = post(new URL(url), { headers: {}, body: "{}", timeoutMs: 100, signal });
      await assert.rejects(sent, /no reply within 1 s/);
    }
    for (const each of receivers) each.invalid.length = 0;
  });
});
