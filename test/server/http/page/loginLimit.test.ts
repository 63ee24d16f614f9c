import assert from "node:assert/strict";
import { LoginLimit } from "../../../../server/src/http/access/loginLimit";
import { pageFolder } from "../../pageFolder";
import { withServer } from "../../support";
import { TestBrowser } from "../../testBrowser";

describe("server: the limit of failed logins", () => {
  function limitAt() {
    const clock = { now: 0 };
    return { clock, limit: new LoginLimit(() => clock.now) };
  }
  const fail = (limit: LoginLimit, times: number, address: (index: number) => string) => {
    for (let index = 0; index < times; index += 1) limit.fail(address(index));
  };

  it("is 10 per minute from one address, and others are not affected", () => {
    const { clock, limit } = limitAt();
    fail(limit, 9, () => "10.0.0.1");
    assert.equal(limit.delay("10.0.0.1"), 0);
    clock.now = 15_000;
    fail(limit, 1, () => "10.0.0.1");
    assert.deepEqual([limit.delay("10.0.0.1"), limit.delay("10.0.0.2")], [45, 0]);
    clock.now = 59_001;
    assert.equal(limit.delay("10.0.0.1"), 1);
    clock.now = 60_000;
    assert.equal(limit.delay("10.0.0.1"), 0);
    fail(limit, 9, () => "10.0.0.1");
    assert.equal(limit.delay("10.0.0.1"), 15);
    clock.now = 200_000;
    assert.equal(limit.delay("10.0.0.1"), 0);
  });

  it("is 100 per minute from all addresses", () => {
    const { clock, limit } = limitAt();
    fail(limit, 100, (index) => `10.0.0.${index}`);
    clock.now = 1000;
    assert.equal(limit.delay("10.0.1.1"), 59);
    clock.now = 60_000;
    assert.equal(limit.delay("10.0.1.1"), 0);
  });

  it("counts all addresses of an IPv6 network as one", () => {
    const { limit } = limitAt();
    fail(limit, 5, (index) => `2001:db8::${index + 1}`);
    fail(limit, 5, (index) => `2001:db8:0:0:a:b:c:${index}`);
    assert.ok(limit.delay("2001:db8::ffff:1") > 0);
    assert.equal(limit.delay("2001:db8:0:1::1"), 0);
    fail(limit, 10, (index) => `fe80::${index + 1}%eth${index}`);
    assert.ok(limit.delay("fe80::abcd%wlan0") > 0);
    fail(limit, 10, () => "::ffff:10.0.0.1");
    assert.ok(limit.delay("::ffff:10.0.0.1") > 0);
    assert.equal(limit.delay("::ffff:10.0.0.2"), 0);
  });

  describe("in a server", () => {
    const api = withServer({ apiKeys: ["a-key"], pageDir: pageFolder() });

    it("stops a flood of logins, also a concurrent one, and leaves valid keys and sessions alone", async () => {
      const before = new TestBrowser(api.url);
      await before.logIn("a-key");
      const logIn = (key: string) => new TestBrowser(api.url).send("POST", "/session", { body: { key } });
      const replies = await Promise.all(Array.from({ length: 40 }, (_, index) => logIn(`guess-${index}`)));
      const count = (status: number) => replies.filter((reply) => reply.status === status).length;
      assert.deepEqual([count(401), count(429)], [10, 30]);
      const refused = await logIn("guess");
      assert.equal(refused.status, 429);
      assert.match(String(refused.headers["retry-after"]), /^([1-9]|[1-5]\d|60)$/);
      assert.match(
        refused.json.message,
        /^The API key is invalid, and too many logins have failed; try again in \d+ s$/,
      );
      assert.deepEqual([refused.json.type, refused.headers["set-cookie"]], ["too_many_requests", undefined]);
      assert.equal((await logIn("a-key")).status, 204, "all users behind a proxy have one address");
      assert.equal(await before.status("GET", "/v1/models"), 200);
      assert.equal((await api.call("GET", "/v1/models")).status, 200);
    });
  });
});
