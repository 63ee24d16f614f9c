import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { unpack } from "../layouts/packed";
import { FIXTURES } from "./trainerKinds";

const repository = resolve(__dirname, "../..");
const PACKAGES = ["pulumi-mistral", "mistral-fine-tuning-server"];

/** The packages of a release in a temporary folder, with the dependencies of this repository. */
export interface ReleasePackages {
  /** The release's server. */
  serverBin: string;
  /** An empty Pulumi project named `project`, which uses the release's provider. */
  project: string;
  remove(): Promise<void>;
}

export async function unpackRelease(release: string): Promise<ReleasePackages> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "release-")));
  const modules = join(folder, "node_modules");
  const installed = join(repository, "node_modules");
  await mkdir(modules);
  for (const name of (await readdir(installed)).filter((each) => !PACKAGES.includes(each))) {
    await symlink(join(installed, name), join(modules, name));
  }
  for (const name of PACKAGES) {
    await unpack({ tarball: join(FIXTURES, release, "packages", `${name}-${release}.tgz`) }, join(modules, name));
  }
  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "Pulumi.yaml"), "name: project\nruntime: nodejs\n");
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", main: "index.ts" }));
  await writeFile(
    join(project, "tsconfig.json"),
    await readFile(join(repository, "examples/quickstart/tsconfig.json")),
  );
  return {
    serverBin: join(modules, "mistral-fine-tuning-server/bin/mistral-fine-tuning-server.js"),
    project,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
