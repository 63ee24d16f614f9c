import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../support/faults";
import type { Decide } from "../../support/proxiedRequest";
import type { CrashEnvironment } from "./crashEnvironment";
import { type Operation, operations } from "./operations";
import { RequestNames } from "./requestNames";

export const faultKinds = ["kill-before", "kill-after", "sigint", "cut-before", "cut-after", "server-kill"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One request of one command, and the fault that is injected at this request. */
export interface FaultPoint {
  operation: Operation;
  /** The name of the request, from `RequestNames`. */
  request: string;
  kind: FaultKind;
}

export const nameOf = ({ operation, request, kind }: FaultPoint) => `${operation.name}/${request}/${kind}`;

export function parseFaultPoint(name: string): FaultPoint {
  const [, first, request, last] = /^(\w+)\/(.+)\/([\w-]+)$/.exec(name.replaceAll("...", "…")) ?? [];
  const operation = operations.find((each) => each.name === first);
  const kind = faultKinds.find((each) => each === last);
  if (!operation || !request || !kind) throw new Error(`unknown fault point ${name}; expected OPERATION/REQUEST/FAULT`);
  return { operation, request, kind };
}

/** The proxy delays the request this long, so that the engine first forwards the interrupt to the provider. */
const INTERRUPT_MS = 500;

/** The objects that a fault acts on. */
export interface Target {
  environment: CrashEnvironment;
  /** Sends SIGINT to the CLI. */
  interrupt(): void;
}

/** Returns a decision function for the proxy that injects the fault once, at the point's request. Other requests have no fault. */
export function faultAt({ request, kind }: FaultPoint, target: Target): { decide: Decide; hit(): boolean } {
  const names = new RequestNames();
  let hit = false;
  return {
    hit: () => hit,
    async decide({ template }) {
      const isHit = names.next(template) === request && !hit;
      hit ||= isHit;
      return isHit ? injectFault(kind, target) : { kind: "none" };
    },
  };
}

async function injectFault(kind: FaultKind, { environment, interrupt }: Target): Promise<Fault> {
  const kill = () => environment.endProcesses();
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
      // The restarted server must still have all committed data.
      return { kind: "cut-after", forwarded: () => environment.crashServer() };
    default:
      return { kind };
  }
}
