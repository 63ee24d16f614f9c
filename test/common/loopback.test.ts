import assert from "node:assert/strict";
import { isLoopbackHost } from "../../common/src";

describe("the loopback rule", () => {
  for (const host of ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]) {
    it(`accepts ${host}`, () => assert.equal(isLoopbackHost(host), true));
  }
  for (const host of ["::ffff:127.0.0.1", "[::ffff:7f00:1]"]) {
    it(`accepts ${host}, an IPv4 loopback address written as IPv6`, () => assert.equal(isLoopbackHost(host), true));
  }
  for (const host of ["", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example.com", "notlocalhost"]) {
    it(`rejects ${JSON.stringify(host)}`, () => assert.equal(isLoopbackHost(host), false));
  }
  for (const host of ["127.0.0.1.example.com", "127.0.0.999", "[::ffff:a00:1]", "localhost:8080"]) {
    it(`rejects ${host}`, () => assert.equal(isLoopbackHost(host), false));
  }
});
