import type { Properties } from "../properties";

/** What a program declares: a job, and an approval of its model. */
export interface Declared {
  job: Properties;
  /** The thresholds. */
  approval?: Properties;
}

/** The states in which an operation can start, each with the declaration that creates it. */
export const startStates = {
  empty: undefined,
  finished: { declared: { job: job() } },
  running: { declared: { job: job({ waitForCompletion: false }, 1_000_000) } },
  measured: { declared: { job: measuredJob() } },
  approved: { declared: { job: measuredJob(), approval: { minTokenAccuracy: 0 } } },
} satisfies Record<string, { declared: Declared } | undefined>;

export type StartState = keyof typeof startStates;

/** A command that is tested with every kind of fault at each of its requests. */
export interface Operation {
  name: string;
  startState: StartState;
  /** What the program declares. Default: the declaration of the start state. */
  declared?: Declared;
  command(urn: string): string[];
  /** Whether the command fails also without a fault. */
  fails?: boolean;
  /** The requests that get faults. Default: all. */
  requests?: RegExp;
  /**
   * The expected result. `trained`: whether the job must exist and have succeeded; false means that the job must be deleted.
   * `replaced`: the job was trained twice, for two declarations. `approval`: whether the models of all jobs are held, the newest
   * as the approved one, or the hold has ended.
   */
  expectedResult: { trained: boolean; modelName?: string; replaced?: boolean; approval?: "held" | "ended" };
}

const up = ["up", "--yes", "--skip-preview"];
const destroy = ["destroy", "--yes", "--skip-preview"];

export const operations: readonly Operation[] = [
  {
    name: "create",
    startState: "empty",
    declared: { job: job() },
    command: () => up,
    expectedResult: { trained: true },
  },
  {
    name: "replace",
    startState: "finished",
    declared: { job: job() },
    command: (urn) => [...up, "--replace", urn],
    expectedResult: { trained: true },
  },
  {
    name: "update",
    startState: "finished",
    declared: { job: job({ modelName: "Support bot" }) },
    command: () => up,
    expectedResult: { trained: true, modelName: "Support bot" },
  },
  { name: "delete", startState: "running", command: () => destroy, expectedResult: { trained: false } },
  {
    name: "approve",
    startState: "measured",
    declared: { job: measuredJob(), approval: { minTokenAccuracy: 0 } },
    command: () => up,
    expectedResult: { trained: true, approval: "held" },
  },
  {
    name: "miss",
    startState: "approved",
    declared: { job: measuredJob(), approval: { minTokenAccuracy: 1 } },
    command: () => up,
    fails: true,
    requests: /jobs|misses/,
    expectedResult: { trained: true, approval: "held" },
  },
  {
    // The other requests are those of "create", "approve" and "delete".
    name: "reapprove",
    startState: "approved",
    declared: { job: measuredJob({ triggers: [2] }), approval: { minTokenAccuracy: 0 } },
    command: () => up,
    requests: /holds|DELETE .*models/,
    expectedResult: { trained: true, replaced: true, approval: "held" },
  },
  {
    name: "disapprove",
    startState: "approved",
    command: () => destroy,
    requests: /capabilities|holds/,
    expectedResult: { trained: false, approval: "ended" },
  },
];

function job(more: Properties = {}, trainingSteps = 20): Properties {
  return { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps }, ...more };
}

/** A job whose model has figures, and goes with the job unless it is held. */
function measuredJob(more: Properties = {}): Properties {
  return job({ validationFiles: ["validation.jsonl"], modelDeletionPolicy: "delete", ...more });
}
