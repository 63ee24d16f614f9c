import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RULES_VERSION, type Rules } from "#data";
import type { WireAsset } from "../../schema/assets";
import type { DataFile } from "../../schema/files";
import { cacheFolder } from "./cacheFolder";
import type { DataReports } from "./inspectData";

const folder = () => cacheFolder("checks");

const KEPT_DAYS = 30;

/** Minimum age of the last change: a newer file could change again within the same tick of the file system's clock. */
const TICK_MS = 2_000;

/**
 * Returns the reports of the data, from the cache on disk when no file has changed: `check` runs in the preview and again in `up`,
 * in separate processes. One entry covers all files of a job, because samples are compared across files. The key contains
 * each file's real path, inode, size and times. When the cache cannot be read or written, the data is read again.
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
 * Returns the path of the cache entry, and when the most recent file changed, in milliseconds since 1970.
 *
 * @returns undefined when a change of some data, such as a remote asset, is only visible by reading it
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

/** Writes to a temporary name and renames it, so that no reader sees a partial entry. */
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
