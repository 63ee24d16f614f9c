import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Json, Reply } from "../server/support";

/** A fixed seed, so that a failure is reproducible. fast-check prints the seed and the path of the failing case. */
const SEED = 20_260_701;

/** Strings that often break servers: NUL, lone surrogates, SQL, paths, numbers. */
const awkward = [
  "",
  " ",
  "\0",
  "\ud800",
  "'; DROP TABLE jobs; --",
  "../../x",
  "__proto__",
  "1e999",
  "NaN",
  "-1",
  "0x1f",
];
export const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(...awkward, "x".repeat(5000), `${2 ** 53}`, "9".repeat(400)),
);

/** Any JSON value. The round trip removes values that JSON cannot represent: NaN, infinity and -0. */
export const json = fc
  .oneof(
    fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }),
    text,
    fc.double(),
    fc.constantFrom<unknown>(null, true, 1e308, 5e-324, {}, [], [[]], [null], { __proto__: null, toString: 1 }),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** JSON values that are neither null nor of one of these types. */
export function notA(...types: ("string" | "number" | "boolean" | "array" | "object")[]): fc.Arbitrary<unknown> {
  const type = (value: unknown) => (Array.isArray(value) ? "array" : typeof value);
  return json.filter((value) => value !== null && !types.includes(type(value) as "string"));
}

/** Strings that do not match the pattern. */
export function not(pattern: RegExp): fc.Arbitrary<string> {
  return text.filter((value) => !pattern.test(value));
}

/** Query strings with valid and invalid encoding, known and unknown names, and repeated names. */
export function queries(names: string[]): fc.Arbitrary<string> {
  const name = names.length > 0 ? fc.oneof(fc.constantFrom(...names), text) : text;
  const pair = fc.tuple(name, text).map(([key, value]) => new URLSearchParams([[key, value]]).toString());
  const raw = fc.string({ unit: fc.constantFrom("%", "&", "=", "+", "[", "]", "0", "f", "é") });
  return fc.array(fc.oneof({ arbitrary: pair, weight: 4 }, raw), { maxLength: 4 }).map((parts) => parts.join("&"));
}

/** Checks that a property holds for all cases. Fails with the smallest counterexample. */
export async function assertForAll<Case>(
  cases: fc.Arbitrary<Case>,
  holds: (value: Case) => Promise<void>,
  numRuns = 100,
): Promise<void> {
  await fc.assert(fc.asyncProperty(cases, holds), { seed: SEED, numRuns });
}

/** Asserts a 4xx reply with a reason, in one of the API's two error formats. */
export function assertRejected({ status, body }: Reply): void {
  assert.ok(status >= 400 && status < 500, `status ${status}: ${JSON.stringify(body)}`);
  if (status !== 422) {
    assert.equal(body.code, status, JSON.stringify(body));
    assert.ok(body.object === "error" && body.message !== "" && body.type !== "", JSON.stringify(body));
    return;
  }
  assert.ok(body.detail.length > 0);
  for (const { loc, msg, type } of body.detail) {
    assert.ok(
      loc.length > 0 && typeof msg === "string" && msg !== "" && typeof type === "string",
      JSON.stringify(body),
    );
  }
}

/** Asserts a 200 reply or a rejection with a reason. */
export function assertAnswered(reply: Reply): void {
  if (reply.status !== 200) assertRejected(reply);
}

/** Asserts a rejection that names this path or a path below it. */
export function assertRejectedAt(reply: Reply, path: string): void {
  assertRejected(reply);
  const paths: string[] = reply.body.detail.map(({ loc }: Json) => loc.join("."));
  assert.ok(
    paths.some((each) => each === path || each.startsWith(`${path}.`)),
    `${path} is not in ${paths}`,
  );
}
