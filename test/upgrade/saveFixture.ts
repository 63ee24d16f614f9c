import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { PLACEHOLDERS, type StackName } from "./trainerKinds";

/** A finished recording in a temporary folder. */
export interface Recording {
  /** The temporary folder, which contains `project` and `data`. */
  folder: string;
  /** The checkout whose packages were used. */
  checkout: string;
  /** The URL of the recorded server. */
  url: string;
  /** The exported state of each stack. */
  states: Record<StackName, string>;
}

/** Linux has a new boot ID after each boot. The server stores it with each attempt of a training. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";
/** With this boot ID, the server treats a restored attempt as older than the last reboot. */
const RECORDED_BOOT_ID = "00000000-0000-4000-8000-000000000000";

/**
 * Writes a recording as a fixture. Compresses databases, and replaces the server's URL and the folder with placeholders.
 *
 * @throws {Error} when a file of the fixture, or the database, contains a path or a host name of this machine
 */
export async function saveFixture(fixture: string, { folder, checkout, url, states }: Recording): Promise<void> {
  const normalize = (text: string) => {
    const portable = text.replaceAll(url, PLACEHOLDERS.url).replaceAll(folder, PLACEHOLDERS.folder);
    const bootId = existsSync(BOOT_ID_FILE) ? readFileSync(BOOT_ID_FILE, "utf8").trim() : "";
    return bootId === "" ? portable : portable.replaceAll(bootId, RECORDED_BOOT_ID);
  };

  await rm(fixture, { recursive: true, force: true });
  for (const [stack, state] of Object.entries(states)) {
    await write(join(fixture, `state.${stack}.json`), normalize(withoutPositions(state)));
  }
  for (const path of [...(await filesIn(join(folder, "project"))), ...(await filesIn(join(folder, "data")))]) {
    const target = join(fixture, relative(folder, path));
    const content = await readFile(path);
    if (/\.db(-wal)?$/.test(path)) await write(`${target}.gz`, gzipSync(content, { level: 9 }));
    else await write(target, normalize(content.toString("utf8")));
  }
  // Search for paths without the leading slash: Pulumi writes some absolute paths as `../../…` up to the root folder.
  await assertPortable(fixture, [folder.slice(1), checkout.slice(1), homedir(), new URL(url).host]);
}

/** Returns the paths of all files in a folder, except lock files and SQLite's -shm files. Does not follow links. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/^lock(-journal)?$|-shm$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Removes source positions from a state. Pulumi records them for debugging, and they contain paths of this machine. */
function withoutPositions(state: string): string {
  const isPosition = (key: string) => key === "sourcePosition" || key === "stackTrace";
  return `${JSON.stringify(
    JSON.parse(state, (key, value) => (isPosition(key) ? undefined : value)),
    undefined,
    2,
  )}\n`;
}

async function assertPortable(fixture: string, forbidden: readonly string[]): Promise<void> {
  for (const path of await filesIn(fixture)) {
    const content = await readFile(path);
    const text = (path.endsWith(".gz") ? gunzipSync(content) : content).toString("latin1");
    const found = forbidden.find((each) => text.includes(each));
    if (found) throw new Error(`${path} contains ${found}`);
  }
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
