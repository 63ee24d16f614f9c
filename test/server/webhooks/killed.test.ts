import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { eventually } from "../../support/eventually";
import { TestServer } from "../../support/server";
import { Api, folder, type Json, removeFolders } from "../support";
import { ok, Receiver, SECRET } from "./receiver";

describe("server: notifications after SIGKILL", () => {
  const receiver = new Receiver();
  let server: TestServer;
  let dataFolder: string;
  let killAt: string;
  let url: string;

  before(async () => {
    await receiver.start();
    [dataFolder, killAt] = [folder(), join(folder(), "kill-at")];
    writeFileSync(killAt, "");
    server = await TestServer.start({
      dataFolder,
      speed: 2000,
      args: ["--webhook", receiver.url],
      env: { MISTRAL_SERVER_WEBHOOK_SECRET: SECRET },
      wrapper: ["env", `NODE_OPTIONS=--require=${join(__dirname, "killAt.js")}`, `KILL_AT=${killAt}`],
    });
    url = server.url;
  });
  after(async () => {
    await TestServer.killAll();
    await receiver.stop();
    removeFolders();
  });

  async function validatedJob(): Promise<Json> {
    const api = new Api(url);
    return api.job({ training_files: [await api.fileId()], auto_start: false });
  }

  async function restart(): Promise<void> {
    await server.start();
    // A request may use a connection to the killed server.
    await eventually("an answer", isAlive);
  }

  /** Waits until the server has been killed, and returns what it has not delivered. */
  async function undelivered(): Promise<Json[]> {
    await eventually("the end of the server", async () => !(await isAlive()));
    await server.kill();
    const database = new Database(join(dataFolder, "server.db"));
    const rows = database.prepare("SELECT id, body FROM webhook_deliveries").all() as Json[];
    database.close();
    return rows.map(({ id, body }) => ({ id, jobId: JSON.parse(body).data.job_id }));
  }

  const isAlive = () =>
    fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    );
  const received = (jobId: string) =>
    receiver.received.filter(({ data }) => data.job_id === jobId).map(({ type, id }) => ({ type, id }));

  it("are all delivered, with the same ID, however the server and the receiver were interrupted", async function () {
    this.timeout(60_000);

    // Between the commit and the delivery.
    writeFileSync(killAt, "stored");
    const first = await validatedJob();
    const [stored, ...others] = await undelivered();
    assert.deepEqual([stored?.jobId, others], [first.id, []]);
    assert.deepEqual(received(first.id), []);
    writeFileSync(killAt, "");
    await restart();
    await eventually("the first", () => received(first.id).length === 1);
    assert.deepEqual(received(first.id), [{ type: "job.validated", id: stored.id }]);

    // While a delivery is under way.
    receiver.answer = () => {};
    const second = await validatedJob();
    await eventually("a request", () => received(second.id).length === 1);
    await server.kill();
    receiver.answer = ok;
    await restart();
    await eventually("the second again", () => received(second.id).length === 2);

    // Between the answer and the commit that removes the notification.
    writeFileSync(killAt, "delivered");
    const third = await validatedJob();
    assert.deepEqual(
      (await undelivered()).map(({ jobId }) => jobId),
      [third.id],
    );
    writeFileSync(killAt, "");
    await restart();
    await eventually("the third again", () => received(third.id).length === 2);

    // While the receiver is down, after some attempts.
    await receiver.stop();
    const fourth = await validatedJob();
    const api = new Api(url);
    const failures = /^fine_tuning_webhooks_total\{result="failed"\} [2-9]/m;
    await eventually("two attempts", async () => failures.test((await api.call("GET", "/metrics")).body));
    await server.kill();
    await receiver.start();
    await restart();
    await eventually("the fourth", () => received(fourth.id).length === 1);

    for (const { id } of [first, second, third, fourth]) {
      assert.equal(new Set(received(id).map((each) => each.id)).size, 1, "one ID for each event");
    }
    assert.deepEqual(receiver.invalid, []);
    await server.terminate();
    assert.deepEqual(await undelivered(), []);
  });
});
