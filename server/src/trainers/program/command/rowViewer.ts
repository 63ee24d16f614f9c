import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { ShownRow, ShownRows } from "../../../domain/trainer";
import { FairTurns } from "../../fairTurns";
import type { BaseModelEntry } from "../../recipe/modelsFile";
import { redactOutput } from "../redactOutput";
import { withoutGpu } from "./environment";
import { type Program, SHORT_GRACE } from "./program";
import { type GroupResult, runInGroup } from "./runInGroup";

const TIMEOUT_MS = 120_000;

/** The part of the program's output that a failure shows, in characters. */
const MAX_ERROR = 4000;

const row = z.looseObject({
  line: z.int(),
  row: z.int(),
  input_ids: z.array(z.int()),
  labels: z.array(z.int()),
  text: z.string(),
  learned: z.string(),
});

/** Shows the rows that samples become, through the program's command `show`. */
export class RowViewer {
  /** Loading a tokenizer takes much memory, so one command runs at a time. */
  private readonly turns = new FairTurns(1);

  constructor(private readonly program: Program) {}

  /** @param workspace takes turns with other workspaces */
  async show(
    base: BaseModelEntry,
    content: Buffer,
    rows: number,
    workspace: string,
    signal: AbortSignal,
  ): Promise<ShownRows> {
    const { show } = await this.program.capabilities();
    if (!show) return { unsupported: "The training program of this server does not have the command show" };
    return this.turns.run(workspace, signal, async () => {
      const folder = await mkdtemp(join(tmpdir(), "rows-"));
      try {
        return await this.run(base, folder, content, rows, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  private async run(
    base: BaseModelEntry,
    folder: string,
    content: Buffer,
    rows: number,
    signal: AbortSignal,
  ): Promise<ShownRows> {
    const file = join(folder, "samples.jsonl");
    await writeFile(file, content, { mode: 0o600 });
    const { tokenizer_version: version } = base;
    const command = [
      ...[...this.program.command, "show", "--base", base.path, "--rows", String(rows)],
      ...(typeof version === "string" ? ["--tokenizer-version", version] : []),
      file,
    ];
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const ended = await runInGroup(command, {
        cwd: folder,
        env: withoutGpu(this.program.environment()),
        signal: AbortSignal.any([signal, timeout]),
        grace: SHORT_GRACE,
      });
      return ended.code === 0 ? parseRows(ended.stdout) : { failure: failureOf(ended, file) };
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      return {
        failure: `The training program did not show the rows within ${TIMEOUT_MS / 1000} seconds; send fewer samples`,
      };
    }
  }
}

function parseRows(stdout: string): ShownRows {
  try {
    const lines = stdout.split("\n").filter((line) => line.trim() !== "");
    return { rows: lines.map((line): ShownRow => row.parse(JSON.parse(line))) };
  } catch {
    return {
      failure: "The command `show` of the training program printed an invalid row; see docs/training-programs.md",
    };
  }
}

/** The program reports invalid samples as `FILE:LINE: problem`. The user does not know the file. */
function failureOf({ stderr, code, signal }: GroupResult & { stderr: string }, file: string): string {
  const text = redactOutput(stderr, [])
    .replaceAll(`${file}:`, "line ")
    .replaceAll(file, "the body")
    .replace(/[^\P{C}\n\t]/gu, "")
    .trim()
    .slice(-MAX_ERROR);
  return text === ""
    ? `The command \`show\` of the training program failed without a message (${signal ?? `exit code ${code}`})`
    : text;
}
