import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../support/faults";
import type { Decide } from "../support/proxiedRequest";
import type { Lane } from "./lane";
import { type Operation, operations } from "./operations";
import { Steps } from "./steps";

export const pointKinds = ["kill-before", "kill-after", "sigint", "cut-before", "cut-after", "server-kill"] as const;
export type PointKind = (typeof pointKinds)[number];

/** One request of one command, and the fault that happens there. */
export interface Point {
  operation: Operation;
  /** The name of the request, from `Steps`. */
  step: string;
  kind: PointKind;
}

export const nameOf = ({ operation, step, kind }: Point) => `${operation.name}/${step}/${kind}`;

export function pointNamed(name: string): Point {
  const [, first, step, last] = /^(\w+)\/(.+)\/([\w-]+)$/.exec(name.replaceAll("...", "…")) ?? [];
  const operation = operations.find((each) => each.name === first);
  const kind = pointKinds.find((each) => each === last);
  if (!operation || !step || !kind) throw new Error(`unknown point ${name}; expected OPERATION/REQUEST/FAULT`);
  return { operation, step, kind };
}

/** The proxy holds the request this long, so that the engine can pass the interrupt on to the provider first. */
const INTERRUPT_MS = 500;

/** The objects that a fault acts on. */
export interface Target {
  lane: Lane;
  /** Sends SIGINT to the CLI. */
  interrupt(): void;
}

/** Returns a decision function for the proxy: the fault happens once, at the point's request. All other requests pass. */
export function breakAt({ step, kind }: Point, target: Target): { decide: Decide; hit(): boolean } {
  const steps = new Steps();
  let hit = false;
  return {
    hit: () => hit,
    async decide({ template }) {
      const isHit = steps.next(template) === step && !hit;
      hit ||= isHit;
      return isHit ? happen(kind, target) : { kind: "none" };
    },
  };
}

async function happen(kind: PointKind, { lane, interrupt }: Target): Promise<Fault> {
  const kill = () => lane.stack.endProcesses();
  switch (kind) {
    case "kill-before":
      kill();
      return { kind: "cut-before" };
    case "kill-after":
      return { kind: "cut-after", forwarded: kill };
    case "sigint":
      interrupt();
      await sleep(INTERRUPT_MS);
      return { kind: "none" };
    case "server-kill":
      // Everything that the server had committed must survive.
      return { kind: "cut-after", forwarded: () => lane.crashServer() };
    default:
      return { kind };
  }
}
