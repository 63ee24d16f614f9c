import { setTimeout as sleep } from "node:timers/promises";
import type { Progress, Run, Trainer, TrainingRequest, Validation } from "../../domain/trainer";
import { inspectData } from "../inspectData";
import { planTraining } from "./planTraining";
import { SECONDS, simulate } from "./simulation";

/**
 * Trains nothing. It reads and checks the data for real, and makes up the rest: durations, losses, costs. Since progress
 * is computed from the stored job, there is nothing to launch and nothing to find again.
 */
export class SimulatedTrainer implements Trainer {
  readonly name = "simulated";
  private readonly speed: number;

  /** @param speed how many times faster than real time; a job keeps the speed at which it was validated */
  constructor(speed: number) {
    this.speed = speed;
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
    return data.ok ? { ok: true, plan: planTraining(request.spec, data.totals, this.speed) } : data;
  }

  async start(): Promise<void> {}

  async reattach(): Promise<void> {}

  async cancel(): Promise<void> {}

  async release(): Promise<void> {}

  async poll(run: Run): Promise<Progress> {
    return simulate(run, Date.now());
  }
}
