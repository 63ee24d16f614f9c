import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { execa } from "execa";
import type { TrainingConfig } from "../trainingConfig";
import { readTrainings } from "../trainings";

/** A code host accepts comments of about 65,000 characters. The table and the preview need some of them. */
const MAX_CHARACTERS = 50_000;

/** What a pull request changes in a training. */
export interface Change {
  /** The training's name. */
  name: string;
  /** The changed fields of its config. Empty for a new or removed training. */
  fields: string[];
  /** Markdown for each changed data file, from `pulumi-mistral diff`. */
  data: string[];
}

type Configs = Record<string, TrainingConfig>;
type Sides = { folder: string; before: TrainingConfig | undefined; after: TrainingConfig | undefined };

/** Compares the configs and data files of a checkout with those of an earlier commit. */
export async function changesSince(base: string, root: string): Promise<Change[]> {
  // Both versions are in one folder, so that the report has the titles before/data/… and after/data/….
  const folder = await mkdtemp(join(tmpdir(), "training-review-"));
  try {
    await execa("git", ["worktree", "add", "--detach", join(folder, "checkout"), base], { cwd: root });
    // The trainings can be in a folder of a larger repository.
    const { stdout: prefix } = await execa("git", ["rev-parse", "--show-prefix"], { cwd: root });
    await symlink(join(folder, "checkout", prefix), join(folder, "before"));
    await symlink(root, join(folder, "after"));
    return await changesIn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await execa("git", ["worktree", "prune"], { cwd: root });
  }
}

async function changesIn(folder: string): Promise<Change[]> {
  const before: Configs = readTrainings(join(folder, "before")).trainings;
  const after: Configs = readTrainings(join(folder, "after")).trainings;
  const changes: Change[] = [];
  let room = MAX_CHARACTERS;
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const sides = { folder, before: before[name], after: after[name] };
    const data = await changedData(sides, room);
    room -= data.join("").length;
    const fields = changedFields(sides);
    if (data.length > 0 || fields.length > 0 || !sides.before || !sides.after) changes.push({ name, fields, data });
  }
  return changes;
}

function changedFields({ before, after }: Sides): string[] {
  if (!before || !after) return [];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof TrainingConfig)[];
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

async function changedData({ folder, before, after }: Sides, room: number): Promise<string[]> {
  const reports: string[] = [];
  if (!after) return reports;
  for (const kind of ["trainingFiles", "validationFiles"] as const) {
    for (const [index, file] of (after[kind] ?? []).entries()) {
      const old = before?.[kind]?.[index];
      // Only training data can overlap with the validation data.
      const validation = kind === "trainingFiles" ? (after.validationFiles ?? []) : [];
      const options = { folder, old: old && join("before", old), now: join("after", file), validation };
      const used = reports.join("").length;
      if (await isChanged(options)) reports.push(await dataDiff(options, room - used));
    }
  }
  return reports;
}

interface Files {
  folder: string;
  old: string | undefined;
  now: string;
  validation: string[];
}

async function isChanged({ folder, old, now }: Files): Promise<boolean> {
  if (old === undefined || !existsSync(join(folder, old)) || !existsSync(join(folder, now))) return true;
  const [before, after] = await Promise.all([old, now].map((file) => readFile(join(folder, file))));
  return !before?.equals(after as Buffer);
}

async function dataDiff({ folder, old, now, validation }: Files, room: number): Promise<string> {
  const existing = old !== undefined && existsSync(join(folder, old)) ? old : "/dev/null";
  const flags = validation.flatMap((file) => ["--validation", join("after", file)]);
  const compare = async (...more: string[]) => {
    const command = execa("pulumi-mistral", ["diff", existing, now, ...flags, "--markdown", ...more], {
      cwd: folder,
      preferLocal: true,
      localDir: realpathSync(join(folder, "after")),
      reject: false,
    });
    const { exitCode, stdout, stderr } = await command;
    return exitCode === 0 ? stdout : `\`\`\`\n${stderr}\n\`\`\``;
  };
  const full = await compare();
  return full.length <= room ? full : compare("--summary");
}
