import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DEFAULT_WORKSPACE } from "../../../domain/caller";
import { readJson, writeAtomically } from "../jsonFile";
import { type PlannedFile, planFile } from "./planFile";

const measured = z.record(z.string(), z.object({ characters: z.number(), tokens: z.number() }));

/**
 * The plans of training programs for one workspace: in `DATA/plans/`, or in `DATA/plans/workspaces/<workspace>/`. A damaged
 * file counts as missing. Workspaces do not share plans: a cached plan would reveal that another workspace has the same
 * data.
 */
export class PlanCache {
  private readonly folder: string;

  /** @param workspace a valid name: see `Keys` */
  constructor(dataDir: string, workspace: string) {
    const plans = join(dataDir, "plans");
    this.folder = workspace === DEFAULT_WORKSPACE ? plans : join(plans, "workspaces", workspace);
  }

  read(key: string): PlannedFile | undefined {
    try {
      const file = readJson(this.path(key), planFile);
      return file?.status === "ok" ? file : undefined;
    } catch {
      return undefined;
    }
  }

  async write(key: string, plan: PlannedFile): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeAtomically(this.path(key), JSON.stringify(plan));
  }

  /** Returns the average number of characters in a token of a base model, or undefined before its first plan. */
  charactersPerToken(model: string): number | undefined {
    const { characters = 0, tokens = 0 } = this.measured()[model] ?? {};
    return tokens > 0 && characters > 0 ? Number((characters / tokens).toPrecision(4)) : undefined;
  }

  /** Adds the measurement of a plan. Calls must not overlap. */
  async measure(model: string, characters: number, tokens: number): Promise<void> {
    const all = this.measured();
    const sum = all[model] ?? { characters: 0, tokens: 0 };
    all[model] = { characters: sum.characters + characters, tokens: sum.tokens + tokens };
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeAtomically(this.measuredFile, JSON.stringify(all));
  }

  private measured(): z.output<typeof measured> {
    try {
      return readJson(this.measuredFile, measured) ?? {};
    } catch {
      return {};
    }
  }

  private get measuredFile(): string {
    return join(this.folder, "characters.json");
  }

  private path(key: string): string {
    return join(this.folder, `${key}.json`);
  }
}
