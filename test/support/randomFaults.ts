import type { Fault } from "./faults";
import type { Random } from "./random";

const page = "<!doctype html><html><body><h1>Something is wrong here</h1></body></html>";
const html = { "content-type": "text/html; charset=utf-8" };
const json = { "content-type": "application/json" };
const refusal = JSON.stringify({ object: "error", message: "Not now", type: "unavailable" });

/** The ways in which requests fail at random, each with what varies in it. */
const makers = {
  delay: (random) => ({ kind: "delay", milliseconds: random.integer(10, 400) }),
  "cut-before": () => ({ kind: "cut-before" }),
  "cut-after": () => ({ kind: "cut-after" }),
  "answer 429": (random) => answer(429, { ...json, ...(random.chance(0.3) && { "retry-after": "1" }) }, refusal),
  "answer 500": () => answer(500, json, refusal),
  "answer 502": () => answer(502, html, page),
  "answer page": () => answer(200, html, page),
  trickle: (random) => ({ kind: "trickle", milliseconds: random.integer(1, 50) }),
  truncate: (random) => ({ kind: "truncate", share: random.next() }),
} satisfies Record<string, (random: Random) => Fault>;

export type RandomFault = keyof typeof makers;
const names = Object.keys(makers) as RandomFault[];

/** How many of the requests meet with each fault. */
export type Rates = Record<RandomFault, number>;

/** Between one and twenty in a hundred for each, and half of all requests at most: with more, hardly a command ever gets through. */
export function randomRates(random: Random): Rates {
  for (;;) {
    const rates = names.map((name) => [name, random.logarithmic(0.01, 0.2)] as const);
    if (rates.reduce((sum, [, rate]) => sum + rate, 0) <= 0.5) return Object.fromEntries(rates) as Rates;
  }
}

/** What happens to the next request. @returns no name when nothing does */
export function randomFault(random: Random, rates: Rates): { name?: RandomFault; fault: Fault } {
  let left = random.next();
  for (const name of names) {
    left -= rates[name];
    if (left < 0) return { name, fault: (makers[name] as (random: Random) => Fault)(random) };
  }
  return { fault: { kind: "none" } };
}

function answer(status: number, headers: Record<string, string>, body: string): Fault {
  return { kind: "answer", status, headers, body };
}
