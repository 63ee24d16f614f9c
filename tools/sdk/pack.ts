import { copyFile, cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";

const root = resolve(__dirname, "../..");
const timeoutMs = 5 * 60_000;

/** Packs the SDKs that have a package. Creates the folder if it does not exist. Returns the paths of the packages. */
export async function packSdks(folder: string): Promise<string[]> {
  const into = resolve(folder);
  await mkdir(into, { recursive: true });
  return [await packNodejs(into), await packPython(into)];
}

/** Compiles the Node.js SDK and packs it as npm publishes it. Returns the path of the tarball in the folder `into`. */
export async function packNodejs(into: string): Promise<string> {
  return withTemporaryFolder(async (folder) => {
    // Compiled in its own folder, from which TypeScript finds the repository's `@pulumi/pulumi`.
    const sdk = join(root, "sdk/nodejs");
    await run(root, join(root, "node_modules/.bin/tsc"), "--project", sdk, "--outDir", folder);
    // The generated code reads package.json from its own folder.
    for (const file of ["package.json", "README.md", "LICENSE"]) await cp(join(sdk, file), join(folder, file));
    return join(into, (await run(folder, "npm", "pack", "--silent", "--pack-destination", into)).trim());
  });
}

/** Packs the Python SDK as a wheel. Returns its path in the folder `into`. */
export async function packPython(into: string, python = "python3"): Promise<string> {
  return withTemporaryFolder(async (folder) => {
    const source = join(folder, "source");
    // Not in `into`, which may have wheels of other versions.
    const packed = join(folder, "packed");
    // A copy, because a build writes into its source.
    await cp(join(root, "sdk/python"), source, { recursive: true });
    await run(source, python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", packed, ".");
    const [name = ""] = await readdir(packed);
    await copyFile(join(packed, name), join(into, name));
    return join(into, name);
  });
}

async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-mistral-sdk-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  const child = execa(file, args, { ...groupLeader, cwd, stdin: "ignore", all: true });
  const { exitCode, stdout, all, shortMessage } = await killWithParent(child, timeoutMs);
  if (exitCode !== 0) throw new Error(`\`${[file, ...args].join(" ")}\` failed: ${shortMessage}\n${all}`);
  return stdout;
}
