import assert from "node:assert/strict";
import { redactAll, redactOutput } from "../../../../server/src/trainers/program/redactOutput";

describe("server: output of training programs", () => {
  const env = { ...process.env };
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  });

  const hf = `hf_${"aB3".repeat(11)}`;
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${"eyJzdWIi".repeat(3)}.${"x-_9".repeat(8)}`;

  for (const [text, shown] of [
    [`OSError: token ${hf} is invalid`, "OSError: token [secret] is invalid"],
    [`Authorization: Bearer ${"k".repeat(32)}`, "Authorization: Bearer [secret]"],
    [`remote: https://user:${"p".repeat(9)}@github.com/o/r.git`, "remote: https://[secret]@github.com/o/r.git"],
    [`clone https://ghp_${"a1".repeat(18)}@github.com/o/r`, "clone https://[secret]@github.com/o/r"],
    [`{"api_key": "${"0123456789abcdef".repeat(2)}"}`, '{"api_key": "[secret]"}'],
    [`WANDB_API_KEY=${"0123456789abcdef".repeat(2)}`, "WANDB_API_KEY=[secret]"],
    [`got ${jwt}`, "got [secret]"],
    ["key AKIAABCDEFGHIJKLMNOP", "key [secret]"],
    [
      "403 for https://b.s3.amazonaws.com/x?X-Amz-Credential=AKIA%2Fx&X-Amz-Date=1&X-Amz-Signature=ab12&z=1",
      "403 for https://b.s3.amazonaws.com/x?X-Amz-Credential=[secret]&X-Amz-Date=1&X-Amz-Signature=[secret]&z=1",
    ],
    [
      "GET http://h/v1/files/f/content?expires=1&signature=ab12",
      "GET http://h/v1/files/f/content?expires=1&signature=[secret]",
    ],
    ["the job's token xy", "the job's token [secret]"],
    ["cluster secret-of-the-server", "cluster [secret]"],
  ] as const) {
    it(`shows ${JSON.stringify(text)} without its secret`, () => {
      process.env.SOME_CLUSTER_TOKEN = "secret-of-the-server";
      assert.equal(redactOutput(text, ["xy"]), shown);
    });
  }

  it("is otherwise unchanged", () => {
    for (const text of [
      "step 10: 12345678901234567890 tokens, loss 1.25, key_value: 1",
      "ValueError: pad_token='<|endoftext|>' is not in the vocabulary of /models/mistral-7b-instruct-v0.3",
      '{"type": "step", "trained_tokens": 12345678901234567890}',
      "commit 0123456789abcdef0123456789abcdef01234567 of https://github.com/o/r",
    ]) {
      assert.equal(redactOutput(text, []), text);
    }
  });

  it("is redacted in nested JSON, also in keys", () => {
    assert.deepEqual(redactAll({ a: [{ [hf]: `x ${hf}`, n: 1, none: null }] }, []), {
      a: [{ "[secret]": "x [secret]", n: 1, none: null }],
    });
  });

  it("is redacted in linear time", () => {
    const start = performance.now();
    for (const part of ["https://", "token=", "?key=", "eyJ", "Bearer ", "a.", "hf_"])
      redactOutput(part.repeat(8_000), []);
    assert.ok(performance.now() - start < 2000);
  });
});
