import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { figures, MAX_SAMPLES, sampleAnswer } from "../../../domain/evaluation";
import { isSystemError } from "../../../domain/systemError";
import type { EvaluationRequest, EvaluationResult } from "../../../domain/trainer";
import type { BaseModelEntry } from "../../recipe/modelsFile";
import { readJson } from "../jsonFile";
import { redactOutput } from "../redactOutput";
import { type Program, SHORT_GRACE } from "./program";
import { type GroupResult, runInGroup } from "./runInGroup";

/** The part of the program's output that a failure shows, in characters. */
const MAX_ERROR = 1000;

/** The longest run of the program, in milliseconds. */
const TIME_LIMIT = 2 * 3_600_000;

const sample = sampleAnswer.pick({ prompt: true, reference: true }).extend({ answer: z.string() });
const figuresFile = figures.extend({ samples: z.array(sample).max(MAX_SAMPLES).default([]) });

/** What a request lacks for the program. */
export interface EvaluationSources {
  /** The base model's entry in the models file. */
  base: BaseModelEntry;
  /** The folder of an artifact. Null: the base model is evaluated. */
  adapter: string | null;
  /** Values for `CUDA_VISIBLE_DEVICES`; empty on a machine without GPUs. */
  gpus: readonly string[];
}

/**
 * Runs `<command> evaluate FOLDER` of a training program. The program ends with the server.
 *
 * @throws the reason of `signal` when it aborts, after the program has ended
 */
export async function evaluateModel(
  program: Program,
  request: EvaluationRequest,
  { base, adapter, gpus }: EvaluationSources,
  signal: AbortSignal,
  timeLimit = TIME_LIMIT,
): Promise<EvaluationResult> {
  const deadline = AbortSignal.timeout(timeLimit);
  const folder = await mkdtemp(join(tmpdir(), "evaluation-"));
  try {
    const { price: _, keep: __, ...settings } = base;
    const content = {
      version: 1,
      base: settings,
      job_type: request.jobType,
      classifier_targets: request.classifierTargets,
      seq_len: request.rows.seqLen,
      fim_ratio: request.rows.fimRatio,
      seed: request.rows.seed,
      invalid_sample_skip_percentage: request.rows.skipShare,
      validation_files: request.validationFiles.map(({ path, name }) => ({ path, name })),
      adapter,
      samples: request.samples,
    };
    await writeFile(join(folder, "evaluate.json"), JSON.stringify(content), { mode: 0o600 });
    const ended = await runInGroup([...program.command, "evaluate", folder], {
      cwd: folder,
      env: { ...program.environment(), ...(gpus.length > 0 && { CUDA_VISIBLE_DEVICES: gpus.join(",") }) },
      signal: AbortSignal.any([signal, deadline]),
      grace: SHORT_GRACE,
    });
    return ended.code === 0 ? readFigures(folder) : { failure: failureOf(ended) };
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    return { failure: `The evaluation took longer than ${timeLimit / 3_600_000} hours` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readFigures(folder: string): EvaluationResult {
  const invalid = "The command `evaluate` of the training program wrote no valid figures.json";
  try {
    const file = readJson(join(folder, "figures.json"), figuresFile);
    if (file === undefined) return { failure: invalid };
    const { samples, ...measured } = file;
    return { figures: measured, samples };
  } catch (error) {
    if (isSystemError(error)) throw error;
    return { failure: invalid };
  }
}

/** The last line of stderr is the reason. */
function failureOf({ stderr, code, signal }: GroupResult & { stderr: string }): string {
  const line = redactOutput(stderr, []).trim().split("\n").at(-1) ?? "";
  const text = line.replace(/[^\P{C}\t]/gu, "").slice(-MAX_ERROR);
  return text === "" ? `The command \`evaluate\` failed without a message (${signal ?? `exit code ${code}`})` : text;
}
