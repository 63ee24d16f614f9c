import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const repository = resolve(__dirname, "../..");

/** An example in a copy of the repository's layout, so that relative paths such as `../../sdk` resolve. */
export interface ExampleCopy {
  folder: string;
  remove(): Promise<void>;
}

/** Copies an example. The commands of its README write files into its folder and into the folders of the SDKs. */
export async function copyExample(name: string): Promise<ExampleCopy> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "mistral-example-")));
  const folder = join(base, "examples", name);
  const notInstalled = (path: string) => !path.endsWith("/node_modules");
  await cp(join(repository, "examples", name), folder, { recursive: true, filter: notInstalled });
  await cp(join(repository, "sdk"), join(base, "sdk"), { recursive: true, filter: notInstalled });
  await linkPackages(base);
  return { folder, remove: () => rm(base, { recursive: true, force: true }) };
}

/** Links the installed packages. */
async function linkPackages(base: string): Promise<void> {
  const installed = join(repository, "node_modules");
  const target = join(base, "node_modules");
  await mkdir(target);
  for (const name of await readdir(installed)) await symlink(join(installed, name), join(target, name));
}
