import { createHash } from "node:crypto";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { buildSdkgen } from "./sdkgen";

const root = resolve(__dirname, "../..");
export const schemaFile = join(root, "schema.json");
/** Contains the SHA-256 of the schema that the SDKs were generated from, so that `npm run generate -- --check` needs no Go. */
export const HASH_FILE = "schema.sha256";

export const languageNames = ["go", "nodejs", "python"] as const;

/**
 * Checks the schema and writes the SDKs of all languages into an empty folder.
 *
 * @throws {Error} with the problems of the schema
 */
export async function generateSdks(folder: string, log: (line: string) => void = console.log): Promise<void> {
  await runSdkgen([schemaFile, folder], log);
  for (const language of languageNames) await copyFile(join(root, "LICENSE"), join(folder, language, "LICENSE"));
  // pyproject.toml names the README in its own folder, but Pulumi's generator writes it into the package.
  await copyFile(join(folder, "python/pulumi_mistral/README.md"), join(folder, "python/README.md"));
  await writeFile(join(folder, HASH_FILE), `${hashOf(await readFile(schemaFile, "utf8"))}\n`);
}

/** @param args the schema and, to write the SDKs, a folder */
export async function runSdkgen(args: string[], log: (line: string) => void = console.log): Promise<void> {
  const program = await buildSdkgen(process.env, log);
  const { failed, stderr, shortMessage } = await execa(program, args, { reject: false, stdin: "ignore" });
  if (failed) throw new Error(stderr || shortMessage);
}

/** Returns the names of the files that differ between two generated folders. */
export async function differences(expected: string, actual: string): Promise<string[]> {
  const [want, have] = await Promise.all([texts(expected), texts(actual)]);
  const names = new Set([...want.keys(), ...have.keys()]);
  return [...names].filter((name) => want.get(name) !== have.get(name)).sort();
}

/** What builds and installations leave behind; git ignores the same names. */
const leftovers = /(^|\/)(node_modules|bin|build|dist|__pycache__|[^/]*\.egg-info)(\/|$)/;

async function texts(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !leftovers.test(name));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

export const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
