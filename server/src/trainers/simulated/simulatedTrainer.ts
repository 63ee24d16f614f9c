import { setTimeout as sleep } from "node:timers/promises";
import type { TrainingRule } from "#common/trainingRule";
import type { SampleAnswer } from "../../domain/evaluation";
import type {
  EvaluationRequest,
  EvaluationResult,
  Progress,
  StartedJob,
  Trainer,
  TrainingRequest,
  Validation,
} from "../../domain/trainer";
import { inspectData } from "../inspectData";
import { planSimulatedTraining, SIMULATED_RULE } from "./planSimulatedTraining";
import { inventSamples, simulateFigures } from "./simulatedEvaluation";
import { SECONDS, simulate } from "./simulation";

/**
 * Simulates trainings. It reads and checks the data, but invents durations, losses and costs. It computes progress from
 * the stored job, so there is nothing to launch, and nothing to reattach to after a restart.
 */
export class SimulatedTrainer implements Trainer {
  readonly name = "simulated";
  readonly hasPrice = true;
  private readonly speed: number;

  /** @param speed how many times faster than real time; a job keeps the speed of the server that validated it */
  constructor(speed: number) {
    this.speed = speed;
  }

  async trainingRule(): Promise<TrainingRule> {
    return SIMULATED_RULE;
  }

  async validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    const [validation] = await Promise.all([
      this.estimate(request, signal),
      sleep((SECONDS.validation * 1000) / this.speed, undefined, { signal }),
    ]);
    return validation;
  }

  async estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    const data = await inspectData(request, signal);
    return data.ok ? { ok: true, plan: planSimulatedTraining(request.spec, data.totals, this.speed) } : data;
  }

  async start(): Promise<void> {}

  async reattach(): Promise<void> {}

  async cancel(): Promise<void> {}

  async release(): Promise<void> {}

  inventSamples(count: number): SampleAnswer[] {
    return inventSamples(count);
  }

  async evaluate(request: EvaluationRequest): Promise<EvaluationResult> {
    const samples = inventSamples(request.samples);
    return {
      figures: simulateFigures(request),
      samples: samples.map(({ prompt, reference, tuned: answer }) => ({ prompt, reference, answer })),
    };
  }

  async poll(run: StartedJob): Promise<Progress> {
    return simulate(run, Date.now());
  }
}
