import { readFileSync } from "node:fs";
import type { RowsRule } from "#common/trainingRule";
import { isSystemError } from "../../../domain/systemError";
import type { TrainingRequest, Validation } from "../../../domain/trainer";
import type { SecretStore } from "../../../store/secrets";
import { estimatePlan } from "../../estimatePlan";
import { FairTurns } from "../../fairTurns";
import { type DataTotals, inspectData } from "../../inspectData";
import type { BaseModelEntry, ModelsFile } from "../../recipe/modelsFile";
import { trainingRule } from "../../recipe/trainingRule";
import { abortable } from "../command/abortable";
import type { Capabilities } from "../command/capabilities";
import type { Program } from "../command/program";
import { createJobFolder, folderErrorMessage } from "../createJobFolder";
import { describeFailure } from "../failureReason";
import { type JobFile, jobFile, type PlannedFields } from "../jobFile";
import { JobFolder } from "../jobFolder";
import { writeAtomically } from "../jsonFile";
import { redactOutput } from "../redactOutput";
import { showableEvent } from "../showableEvent";
import { PlanCache } from "./planCache";
import { type PlanFile, type PlannedFile, toEvents, toPlan } from "./planFile";
import { planKey } from "./planKey";
import { readPlan, runPlanCommand } from "./runPlanCommand";

export interface PlannerOptions {
  dataDir: string;
  models: ModelsFile;
  secrets: SecretStore;
  program: Program;
  /** Seconds without output after which the plan command is killed. */
  hangTimeout: number;
  /** Returns the number of data-parallel workers of a base model's trainings. */
  workersOf(model: string): number;
  /** Returns the number of Ray workers; 1 without Ray. */
  rayWorkersOf(model: string): number;
}

/** A checked request. */
interface Checked {
  ok: true;
  base: BaseModelEntry;
  capabilities: Capabilities;
  totals: DataTotals;
  rule: RowsRule;
}

/** Plans trainings: by the training program if it has the command `plan`, otherwise by an estimate. */
export class Planner {
  private readonly caches = new Map<string, PlanCache>();
  /** Tokenizing uses all cores, so one program plans at a time. */
  private readonly turns = new FairTurns(1);

  constructor(private readonly options: PlannerOptions) {}

  /** Returns the rule by which the program sizes a training. Undefined when the models file lacks the model. */
  async rule(model: string, workspace: string): Promise<RowsRule | undefined> {
    const base = this.options.models.get(model);
    return base && this.ruleOf({ model, workspace }, base, await this.options.program.capabilities());
  }

  /** Plans a training as far as possible without the program: from the cache, or as an estimate. */
  async estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    const checked = await this.check(request, signal);
    if (!checked.ok) return checked;
    const cached = checked.capabilities.plan ? this.cached(request, checked) : undefined;
    return cached === undefined
      ? { ok: true, plan: estimatePlan(request.spec, checked.totals, checked.rule) }
      : { ok: true, plan: toPlan(cached, checked.base.price) };
  }

  /** Plans a training. The program's plan is stored in the job's folder, where the training finds it. */
  async validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    const checked = await this.check(request, signal);
    if (!checked.ok) return checked;
    const folder = new JobFolder(this.options.dataDir, request.id);
    // A training follows an existing plan, whatever the program reports now.
    if (!checked.capabilities.plan && typeof readPlan(folder) !== "object") {
      return { ok: true, plan: estimatePlan(request.spec, checked.totals, checked.rule) };
    }
    const planned = plannedFields(request);
    try {
      const { cleaned_data: cleaned } = checked.capabilities;
      await createJobFolder(folder, request, checked.base, { planned, cleaned }, signal);
      const cached = readPlan(folder) === undefined ? this.cached(request, checked) : undefined;
      if (cached !== undefined) await writeAtomically(folder.planFile, JSON.stringify(cached));
    } catch (error) {
      signal.throwIfAborted();
      return { ok: false, failed: true, reason: folderErrorMessage(error as NodeJS.ErrnoException) };
    }
    // A plan that exists already is from an earlier process of this server, or from the cache.
    const existing = readPlan(folder);
    const file = typeof existing === "object" ? existing : await this.run(request, folder, checked, signal);
    return this.result(request, folder, checked.base, file);
  }

  /** Runs the plan command, and caches its plan. */
  private run(
    request: TrainingRequest,
    folder: JobFolder,
    checked: Checked,
    signal: AbortSignal,
  ): Promise<PlanFile | { status: "failed"; reason: string }> {
    return this.turns.run(request.workspace, signal, async () => {
      const { program, hangTimeout, secrets, rayWorkersOf } = this.options;
      const rayWorkers = rayWorkersOf(request.spec.model);
      const environment = program.environment(secrets.read(request.id));
      const settings = { command: program.command, rayWorkers, environment, hangTimeout };
      const file = await runPlanCommand(folder, settings, signal);
      if (file.status === "ok") await this.remember(request, folder, checked, file);
      return file;
    });
  }

  private async remember(
    request: TrainingRequest,
    folder: JobFolder,
    { capabilities, totals }: Checked,
    plan: PlannedFile,
  ): Promise<void> {
    // The folder may be from an earlier process, with other settings than the current models file.
    const job = JSON.parse(readFileSync(folder.jobFile, "utf8")) as JobFile;
    const key = this.key(job, request, capabilities);
    // Files of unequal weight repeat samples, so their tokens say nothing about the characters.
    const isMeasured = new Set(request.spec.training_files.map(({ weight }) => weight)).size === 1;
    try {
      const cache = this.cacheOf(request.workspace);
      if (key !== undefined) await cache.write(key, plan);
      if (isMeasured && key !== undefined) {
        await cache.measure(request.spec.model, totals.characters, plan.data_tokens);
      }
    } catch {
      // A full disk must not fail a job that has a plan.
    }
  }

  private async result(
    request: TrainingRequest,
    folder: JobFolder,
    base: BaseModelEntry,
    file: PlanFile | { status: "failed"; reason: string },
  ): Promise<Validation> {
    const secrets = Object.values(this.options.secrets.read(request.id));
    switch (file.status) {
      case "ok":
        return {
          ok: true,
          plan: toPlan(file, base.price),
          events: toEvents(file).map((event) => showableEvent(event, secrets)),
        };
      case "invalid": {
        const findings = (file.findings ?? []).slice(0, MAX_FINDINGS);
        return {
          ok: false,
          reason: redactOutput(file.reason, secrets),
          findings: findings.map((finding) => redactOutput(finding, secrets)),
        };
      }
      case "failed": {
        const reason = await describeFailure(file.reason, folder.logFile);
        return { ok: false, failed: true, reason: redactOutput(reason, secrets) };
      }
    }
  }

  /** Checks everything that the server can check without the program's plan. */
  private async check(
    request: TrainingRequest,
    signal: AbortSignal,
  ): Promise<Checked | Extract<Validation, { ok: false }>> {
    const { spec, workspace } = request;
    const { models, program } = this.options;
    const base = models.get(spec.model);
    if (base === undefined) {
      const available = [...models.keys()].join(", ") || "none";
      return invalid(`This server has no model ${spec.model}. Available models: ${available}`);
    }
    let capabilities: Capabilities;
    try {
      capabilities = await abortable(program.capabilities(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isSystemError(error)) throw error;
      return { ok: false, failed: true, reason: (error as Error).message };
    }
    const { job_types: types } = capabilities;
    if (types !== undefined && !types.includes(spec.job_type)) {
      const supported = types.join(", ") || "none";
      return invalid(
        `The training program does not support jobs of type ${spec.job_type}. Supported types: ${supported}`,
      );
    }
    if (!capabilities.evaluation && spec.validation_files.length > 0) {
      return invalid(
        "The training program does not evaluate on validation files. Create the job without validation_files",
      );
    }
    const rule = this.ruleOf({ model: spec.model, workspace }, base, capabilities);
    const data = await inspectData(request, signal, rule.characters_per_token);
    return data.ok ? { ok: true, base, capabilities, totals: data.totals, rule } : data;
  }

  private cacheOf(workspace: string): PlanCache {
    const cache = this.caches.get(workspace) ?? new PlanCache(this.options.dataDir, workspace);
    this.caches.set(workspace, cache);
    return cache;
  }

  private ruleOf(
    { model, workspace }: { model: string; workspace: string },
    base: BaseModelEntry,
    { rule }: Capabilities,
  ): RowsRule {
    const charactersPerToken = this.cacheOf(workspace).charactersPerToken(model);
    const workers = this.options.workersOf(model);
    return {
      ...trainingRule(base, rule),
      ...(charactersPerToken !== undefined && { characters_per_token: charactersPerToken }),
      ...(workers > 1 && { workers }),
    };
  }

  /** Returns the cached plan of a request. If no sample breaks an enforced rule, the plan is the same with `warn`. */
  private cached(request: TrainingRequest, { base, capabilities }: Checked): PlannedFile | undefined {
    for (const generation_rules of ["enforce", "warn"] as const) {
      const job = jobFile(request, base, { planned: { generation_rules } });
      const key = this.key(job, request, capabilities);
      const plan = key === undefined ? undefined : this.cacheOf(request.workspace).read(key);
      const isEnforced = plannedFields(request).generation_rules === "enforce";
      if (plan !== undefined && (isEnforced || generation_rules === "warn" || (plan.skipped_samples ?? 0) === 0))
        return plan;
      if (isEnforced) return undefined;
    }
    return undefined;
  }

  private key(job: JobFile, request: TrainingRequest, capabilities: Capabilities): string | undefined {
    const { program, workersOf } = this.options;
    return planKey(job, request, workersOf(request.spec.model), program.command, capabilities);
  }
}

const MAX_FINDINGS = 20;

/** A data rule of a new release must not fail a stack whose data passed validation before. */
function plannedFields({ isKnownData }: TrainingRequest): PlannedFields {
  return { generation_rules: isKnownData ? "warn" : "enforce" };
}

function invalid(reason: string): Extract<Validation, { findings: string[] }> {
  return { ok: false, reason, findings: [] };
}
