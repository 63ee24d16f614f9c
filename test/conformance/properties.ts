import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Json, Reply } from "../server/support";

/** What is tried depends on this: a finding comes back with every run. A failure prints it, with the path to its case. */
const SEED = 20_260_701;

/** Texts that break servers: any Unicode with NUL and halves of surrogate pairs, SQL, paths, numbers, very long ones. */
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

/** Any JSON, as it arrives: JSON has no NaN, no infinity and no -0. */
export const json = fc
  .oneof(
    fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }),
    text,
    fc.double(),
    fc.constantFrom<unknown>(null, true, 1e308, 5e-324, {}, [], [[]], [null], { __proto__: null, toString: 1 }),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** JSON that does not have one of these types, nor is null. */
export function notA(...types: ("string" | "number" | "boolean" | "array" | "object")[]): fc.Arbitrary<unknown> {
  const type = (value: unknown) => (Array.isArray(value) ? "array" : typeof value);
  return json.filter((value) => value !== null && !types.includes(type(value) as "string"));
}

/** Texts that are not like these. */
export function not(these: RegExp): fc.Arbitrary<string> {
  return text.filter((value) => !these.test(value));
}

/** Query strings, well encoded and not; the names are known ones as well as others, and some are given twice. */
export function queries(names: string[]): fc.Arbitrary<string> {
  const name = names.length > 0 ? fc.oneof(fc.constantFrom(...names), text) : text;
  const pair = fc.tuple(name, text).map(([key, value]) => new URLSearchParams([[key, value]]).toString());
  const raw = fc.string({ unit: fc.constantFrom("%", "&", "=", "+", "[", "]", "0", "f", "é") });
  return fc.array(fc.oneof({ arbitrary: pair, weight: 4 }, raw), { maxLength: 4 }).map((parts) => parts.join("&"));
}

/** Tries a property; fails with the smallest case that breaks it. */
export async function always<Case>(
  cases: fc.Arbitrary<Case>,
  holds: (value: Case) => Promise<void>,
  numRuns = 100,
): Promise<void> {
  await fc.assert(fc.asyncProperty(cases, holds), { seed: SEED, numRuns });
}

/** A refusal must be a 4xx that says why, in one of the two forms of the API. */
export function assertRefused({ status, body }: Reply): void {
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

/** A reply may be a success; what is none must be a refusal that says why. */
export function assertAnswered(reply: Reply): void {
  if (reply.status !== 200) assertRefused(reply);
}

/** A refusal must say where, too: at this path or below it. */
export function assertRefusedAt(reply: Reply, path: string): void {
  assertRefused(reply);
  const paths: string[] = reply.body.detail.map(({ loc }: Json) => loc.join("."));
  assert.ok(
    paths.some((each) => each === path || each.startsWith(`${path}.`)),
    `${path} is not in ${paths}`,
  );
}
