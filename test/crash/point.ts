import { setTimeout as sleep } from "node:timers/promises";
import type { Decide } from "../support/faultProxy";
import type { Fault } from "../support/faults";
import type { Lane } from "./lane";
import { type Operation, operations } from "./operations";
import { Steps } from "./steps";

export const pointKinds = ["kill-before", "kill-after", "sigint", "cut-before", "cut-after", "server-kill"] as const;
export type PointKind = (typeof pointKinds)[number];

/** One request of one command, and what happens there. */
export interface Point {
  operation: Operation;
  /** The request, as `Steps` names it. */
  step: string;
  kind: PointKind;
}

export const nameOf = ({ operation, step, kind }: Point) => `${operation.name}/${step}/${kind}`;

export function pointNamed(name: string): Point {
  const [, first, step, last] = /^(\w+)\/(.+)\/([\w-]+)$/.exec(name.replaceAll("...", "…")) ?? [];
  const operation = operations.find((each) => each.name === first);
  const kind = pointKinds.find((each) => each === last);
  if (!operation || !step || !kind) throw new Error(`there is no point ${name}`);
  return { operation, step, kind };
}

/** How long the engine has to pass an interrupt on to the provider before the request that it came with goes on. */
const INTERRUPT_MS = 500;

/** The CLI as far as a fault goes at it. */
export interface Target {
  lane: Lane;
  /** SIGINT. */
  interrupt(): void;
}

/** Lets every request through but the point's, at which its fault happens, once. */
export function breakAt({ step, kind }: Point, target: Target): { decide: Decide; hit(): boolean } {
  const steps = new Steps();
  let hit = false;
  return {
    hit: () => hit,
    async decide({ template }) {
      const isIt = steps.next(template) === step && !hit;
      hit ||= isIt;
      return isIt ? happen(kind, target) : { kind: "none" };
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
      // What the server had committed must stand.
      return { kind: "cut-after", forwarded: () => lane.crashServer() };
    default:
      return { kind };
  }
}
