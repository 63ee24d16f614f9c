import assert from "node:assert/strict";
import { UrlSigner } from "../../../server/src/http/signedUrls";

describe("signed URLs", () => {
  const key = Buffer.from("the key of this test");
  const signer = new UrlSigner({ current: () => key, valid: () => [key] });
  const inHours = (hours: number) => Math.floor(Date.now() / 1000 + hours * 3600);
  const isValid = (expires: number) => {
    const query = new URL(signer.sign("/v1/files/x/content", expires), "http://127.0.0.1").searchParams;
    return signer.verifies("/v1/files/x/content", String(query.get("expires")), String(query.get("signature")));
  };

  it("are valid until they expire, a week at most", () => {
    assert.deepEqual(
      [-0.01, 0.01, 167.9, 168.1, 1e6].map((hours) => isValid(inHours(hours))),
      [false, true, true, false, false],
    );
    assert.equal(isValid(Number.NaN), false);
  });
});
