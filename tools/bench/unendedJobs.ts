import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createJobBody } from "../../server/src/domain/jobSpec";
import type { Plan } from "../../server/src/domain/trainer";
import { openDatabase } from "../../server/src/store/database";
import { JobStore } from "../../server/src/store/jobs";

export interface UnendedJobs {
  /** Started jobs of the process trainer. One of them runs, the others are queued. */
  queued?: number;
  /** Running jobs of the simulated trainer. */
  simulated?: number;
  /** Validated classifier jobs with as many labels as a job may have. */
  withLabels?: number;
}

/** The model of the jobs of the process trainer. */
export const MODEL = "m";

const plan: Plan = {
  totalSteps: 1_000_000,
  epochs: 1,
  samples: 1_000,
  skippedSamples: 0,
  dataTokens: 400_000,
  tokensPerStep: 12_000,
  speed: 50,
};

const repositories = [{ owner: "o", name: "n", token: "t" }];

/** The longest labels that the server accepts in all: 5,000 labels of 100 characters. */
const labels = Array.from({ length: 5_000 }, (_, index) => `${index}-`.padEnd(100, "x"));

/** Fills a data folder with jobs that have not ended, in the server's format. */
export function writeUnendedJobs(dataDir: string, { queued = 0, simulated = 0, withLabels = 0 }: UnendedJobs): void {
  mkdirSync(dataDir, { recursive: true });
  const database = openDatabase(join(dataDir, "server.db"));
  const jobs = new JobStore(database);
  const started = (trainer: string) => {
    const { id } = jobs.create(createJobBody.parse({ model: MODEL, repositories }), trainer, {
      workspace: "default",
      owner: "anonymous",
    });
    jobs.transition(id, "VALIDATING");
    jobs.transition(id, "VALIDATED", { plan });
    jobs.transition(id, "STARTED", { startedAt: Date.now() });
  };
  const classifier = () => {
    const classifier_targets = [{ name: "target", labels }];
    const spec = createJobBody.parse({ model: MODEL, training_files: ["f"], classifier_targets });
    const { id } = jobs.create(spec, "process", { workspace: "default", owner: "anonymous" });
    jobs.transition(id, "VALIDATING");
    jobs.transition(id, "VALIDATED", { plan });
  };
  try {
    jobs.atomically(() => {
      for (let index = 0; index < queued; index++) started("process");
      for (let index = 0; index < simulated; index++) started("simulated");
      for (let index = 0; index < withLabels; index++) classifier();
    });
  } finally {
    database.close();
  }
}
