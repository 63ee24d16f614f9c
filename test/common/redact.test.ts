import assert from "node:assert/strict";
import { redact } from "../../common/src";

describe("redaction", () => {
  it("replaces every occurrence of every secret", () => {
    assert.equal(redact("a secret-1 b secret-2 secret-1", ["secret-1", "secret-2"]), "a [secret] b [secret] [secret]");
  });

  it("replaces a secret that is escaped as in JSON", () => {
    const secret = 'quoted"secret\\';
    assert.equal(redact(JSON.stringify({ key: secret }), [secret]), '{"key":"[secret]"}');
  });

  it("replaces the whole of a secret that begins with another secret", () => {
    assert.equal(redact("key: secret-long", ["secret", "secret-long"]), "key: [secret]");
  });

  it("does not interpret special characters of regular expressions in secrets", () => {
    const secret = "a+b(c)[d].$&\\|^{2}?*";
    assert.equal(redact(`${secret} aab(c)`, [secret]), "[secret] aab(c)");
  });

  it("returns the text when there are no secrets", () => {
    assert.equal(redact("a text", []), "a text");
  });

  it("ignores strings that are too short to be secrets", () => {
    assert.equal(redact("a text", ["a", ""]), "a text");
  });

  it("replaces a short secret when the caller asks for it", () => {
    assert.equal(redact("token abc failed", ["abc"], 1), "token [secret] failed");
  });

  for (const prefix of ["", "u", "us", "user:"]) {
    it(`replaces a secret in base64, after ${JSON.stringify(prefix)}`, () => {
      const secret = "key-?>~0123456789";
      for (const encoding of ["base64", "base64url"] as const) {
        const encoded = Buffer.from(`${prefix}${secret}`).toString(encoding);
        const redacted = redact(`authorization: Basic ${encoded}`, [secret]);
        assert.match(redacted, /\[secret\]/);
        assert.doesNotMatch(redacted, /MTIzNDU2Nz|EyMzQ1Njc4|xMjM0NTY3O/);
      }
    });
  }

  it("replaces a percent-encoded secret", () => {
    assert.equal(redact("?key=a%2Fb%3Dc%20d", ["a/b=c d"]), "?key=[secret]");
  });

  describe("replaces a secret", () => {
    const secret = 'sk-Key/9+"Zé&q';
    const json = (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
    const percent = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");
    const forms: Record<string, string> = {
      "with every character escaped as in JSON": json(secret),
      "with upper-case escapes": json(secret).replace(/[a-f](?=[0-9a-f]?)/g, (digit) => digit.toUpperCase()),
      "with some characters escaped": `sk-${json("Key")}/9+${json('"')}Zé&q`,
      "escaped twice": JSON.stringify(json(secret)).slice(1, -1),
      "with escaped slashes": secret.replace("/", "\\/"),
      "with every byte percent-encoded": percent(secret),
      "percent-encoded in lower case": encodeURIComponent(secret)
        .toLowerCase()
        .replace("sk-key", "sk-Key")
        .replace("z", "Z"),
      "percent-encoded twice": encodeURIComponent(encodeURIComponent(secret)),
      "in HTML": secret.replace("&", "&amp;").replace('"', "&quot;").replace("é", "&#233;").replace("/", "&#x2F;"),
      "in hex": Buffer.from(secret).toString("hex"),
      "in upper-case hex": Buffer.from(secret).toString("hex").toUpperCase(),
    };
    for (const [form, text] of Object.entries(forms)) {
      it(form, () => assert.equal(redact(`a ${text} b`, [secret]), "a [secret] b"));
    }
  });

  it("takes linear time", () => {
    const secret = "\\\\%%%%&&&&aaaa";
    for (const part of ["\\", "%25", "&#0", "a", "\\u0061", "\\\\%%%%&&&&aaa"]) {
      const start = performance.now();
      redact(part.repeat(1_000_000 / part.length), [secret, "aaaaaaaaaaaaaaaaaaaaaaab"]);
      assert.ok(performance.now() - start < 1_000, `${part}: ${performance.now() - start} ms`);
    }
  });
});
