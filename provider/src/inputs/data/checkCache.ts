import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RULES_VERSION, type Rules } from "#data";
import type { WireAsset } from "../../schema/assets";
import type { DataFile } from "../../schema/files";
import type { DataReports } from "./inspectData";

/** @throws for a user without a home */
function folder(): string {
  // It looks for the home as soon as it is loaded.
  const envPaths = require("env-paths") as typeof import("env-paths");
  return join(envPaths("pulumi-mistral", { suffix: "" }).cache, "checks");
}

const KEPT_DAYS = 30;

/** A file whose time of change is not so old yet could change once more within the same tick of its file system's clock. */
const TICK_MS = 2_000;

/**
 * What was found in the data, without reading it again where nothing has changed since: `check` runs in a preview, again in
 * `up`, in processes of their own. A declaration is one entry, since its files are compared with each other; each file is
 * known by its real path, inode, size and times. The cache is only a help: where it cannot be kept, the data is read.
 */
export async function cachedReports(
  files: DataFile[][],
  rules: Rules | undefined,
  inspect: () => Promise<DataReports>,
): Promise<DataReports> {
  const fingerprint = () => fingerprintOf(files, rules).catch(() => undefined);
  const before = await fingerprint();
  const known = before && (await load(before.entry));
  if (known) return known;

  const reports = await inspect();
  const after = await fingerprint();
  const settled = after && after.entry === before?.entry && Date.now() - after.changed > TICK_MS;
  if (settled) await store(after.entry, reports).catch(() => {});
  return reports;
}

/**
 * Where the entry of the data is, and when the last of its files was changed.
 *
 * @returns undefined when there is something among them whose change cannot be noticed without reading it
 */
async function fingerprintOf(files: DataFile[][], rules: Rules | undefined) {
  let changed = 0;
  const fingerprints = await Promise.all(
    files.map((each) =>
      Promise.all(
        each.map(async ({ path, asset }) => {
          if (path === undefined) return (asset as WireAsset).text;
          const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs, mtimeMs } = await stat(path, { bigint: true });
          changed = Math.max(changed, Number(mtimeMs), Number(ctimeMs));
          return [await realpath(path), dev, ino, size, mtimeNs, ctimeNs].map(String);
        }),
      ),
    ),
  );
  if (fingerprints.flat().includes(undefined)) return undefined;
  const text = JSON.stringify([RULES_VERSION, rules, fingerprints]);
  return { entry: join(folder(), `${createHash("sha256").update(text).digest("hex")}.json`), changed };
}

async function load(entry: string): Promise<DataReports | undefined> {
  try {
    const reports = JSON.parse(await readFile(entry, "utf8"));
    const now = new Date();
    await utimes(entry, now, now).catch(() => {});
    return reports;
  } catch {
    return undefined;
  }
}

/** Under another name first: a reader must never meet half an entry. */
async function store(entry: string, reports: DataReports): Promise<void> {
  await mkdir(folder(), { recursive: true, mode: 0o700 });
  const draft = `${entry}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(reports), { mode: 0o600 });
  await rename(draft, entry);
  await removeUnused();
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(folder())) {
    const entry = join(folder(), name);
    const { mtimeMs } = await stat(entry);
    if (Date.now() - mtimeMs > KEPT_DAYS * 86_400_000) await rm(entry, { force: true });
  }
}
