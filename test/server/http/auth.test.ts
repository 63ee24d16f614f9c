import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startServer } from "../../../server/src/index";
import { Api, contents, folder, type Json, withServer } from "../support";

const KEYS = ["first-key-of-the-test", "second-key-of-the-test"] as const;
const HASHED_KEY = "third-key-of-the-test";

describe("server: API keys", () => {
  const hashed = `sha256:${createHash("sha256").update(HASHED_KEY).digest("hex")}`;
  const api = withServer({ apiKeys: [...KEYS, hashed] });
  const ROUTES = [
    ["GET", "/v1/files"],
    ["POST", "/v1/files"],
    ["GET", "/v1/files/x"],
    ["DELETE", "/v1/files/x"],
    ["GET", "/v1/files/x/url"],
    ["GET", "/v1/files/x/content"],
    ["GET", "/v1/fine_tuning/jobs"],
    ["POST", "/v1/fine_tuning/jobs"],
    ["GET", "/v1/fine_tuning/jobs/x"],
    ["POST", "/v1/fine_tuning/jobs/x/cancel"],
    ["POST", "/v1/fine_tuning/jobs/x/start"],
    ["GET", "/v1/models"],
    ["GET", "/v1/models/x"],
    ["DELETE", "/v1/models/x"],
    ["PATCH", "/v1/fine_tuning/models/x"],
    ["POST", "/v1/fine_tuning/models/x/archive"],
    ["POST", "/v1/fine_tuning/models/x/rows"],
    ["DELETE", "/v1/fine_tuning/models/x/archive"],
  ] as const;

  for (const [method, path] of ROUTES) {
    it(`are required for ${method} ${path}`, async () => {
      const { status, body } = await new Api(api.url).call(method, path);
      assert.equal(status, 401);
      assert.equal(body.type, "unauthorized");
      assert.equal(body.code, 401);
      assert.match(body.message, /An API key is required/);
    });
  }

  it("are accepted when configured in plain text or as a hash, and rejected otherwise", async () => {
    for (const key of [...KEYS, HASHED_KEY]) {
      assert.equal((await new Api(api.url, key).call("GET", "/v1/models")).status, 200);
    }
    for (const header of ["Bearer wrong", `Basic ${KEYS[0]}`, KEYS[0], "Bearer", "Bearer  ", `Bearer ${hashed}`]) {
      const reply = await new Api(api.url).send("/v1/models", { headers: { authorization: header } });
      assert.equal(reply.status, 401, header);
    }
  });

  it("are not quoted in a reply when they are invalid", async () => {
    const reply = await new Api(api.url, "wrong-key").call("GET", "/v1/models");
    assert.ok(!JSON.stringify(reply.body).includes("wrong-key"));
  });

  it("separate the jobs of their owners for created_by_me", async () => {
    const [first, second] = KEYS.map((key) => new Api(api.url, key)) as [Api, Api];
    const mine = await first.job({ auto_start: false });
    const theirs = await second.job({ auto_start: false });
    const ids = async (who: Api, query: string) =>
      (await who.ok("GET", `/v1/fine_tuning/jobs?${query}`)).data.map((job: Json) => job.id);
    assert.deepEqual(await ids(first, "created_by_me=true"), [mine.id]);
    assert.deepEqual(await ids(second, "created_by_me=true"), [theirs.id]);
    assert.deepEqual(await ids(first, "created_by_me=false"), [theirs.id, mine.id]);
  });

  it("are not stored in plain text, and neither are the secrets of jobs", async () => {
    const secrets = ["wandb-key-of-the-test-".padEnd(40, "x"), "github-token-of-the-test"] as const;
    const job = await api.job({
      integrations: [{ project: "stored-project", api_key: secrets[0] }],
      repositories: [{ owner: "o", name: "n", token: secrets[1] }],
    });
    await api.until(job.id, "SUCCESS");
    const all = Buffer.concat([...contents(api.dataDir).values()]);
    assert.ok(all.includes("stored-project"), "the data folder contains the project, so the search works");
    for (const secret of [...KEYS, HASHED_KEY, ...secrets]) {
      assert.ok(!all.includes(secret));
    }
  });

  it("are not required for the health check", async () => {
    const { status, body } = await new Api(api.url).call("GET", "/healthz");
    assert.deepEqual([status, body], [200, { status: "ok" }]);
  });

  it("are required to listen on a non-loopback address", async () => {
    const options = { dataDir: folder(), host: "0.0.0.0" };
    await assert.rejects(startServer(options), /^UsageError: Listening on 0\.0\.0\.0 needs API keys/);
    const server = await startServer({ ...options, apiKeys: ["k"] });
    await server.close();
  });
});

describe("server: without keys", () => {
  const api = withServer();

  it("accepts every caller, and separates their jobs for created_by_me", async () => {
    const job = await new Api(api.url, "whoever").job({ auto_start: false });
    const mine = async (key?: string) =>
      (await new Api(api.url, key).ok("GET", "/v1/fine_tuning/jobs?created_by_me=true")).data.map(
        (each: Json) => each.id,
      );
    assert.deepEqual(await mine("whoever"), [job.id]);
    assert.deepEqual(await mine("another"), []);
    assert.deepEqual(await mine(), []);
  });
});
