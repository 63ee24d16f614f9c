import type { Fault } from "./faults";
import type { Random } from "./random";

const page = "<!doctype html><html><body><h1>Something is wrong here</h1></body></html>";
const html = { "content-type": "text/html; charset=utf-8" };
const json = { "content-type": "application/json" };
const refusal = JSON.stringify({ object: "error", message: "Not now", type: "unavailable" });

/** The kinds of random faults. Each draws its own parameters. */
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

/** The share of requests that get each fault, 0 to 1. */
export type Rates = Record<RandomFault, number>;

/** Draws a rate of 1 % to 20 % for each fault, and at most 50 % in total: with more, commands rarely succeed. */
export function randomRates(random: Random): Rates {
  for (;;) {
    const rates = names.map((name) => [name, random.logarithmic(0.01, 0.2)] as const);
    if (rates.reduce((sum, [, rate]) => sum + rate, 0) <= 0.5) return Object.fromEntries(rates) as Rates;
  }
}

/** Draws the fault of the next request. @returns no name when there is no fault */
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
