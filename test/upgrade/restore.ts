import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { startEmbeddedServer } from "../../tools/embeddedServer";
import { endProcessesWith } from "../../tools/processes";
import type { Engine } from "../support/engine";
import type { ResourceState, Stack } from "../support/stack";
import { Api } from "./api";
import {
  API_KEY,
  FIXTURES,
  PLACEHOLDERS,
  PROJECT,
  type StackName,
  serverOptions,
  type TrainerKind,
} from "./trainerKinds";

const repository = resolve(__dirname, "../..");
const nodeModules = join(repository, "node_modules");

/** A copy of a recorded project and data folder in a temporary folder. This checkout's server runs on the data. */
export interface Restored {
  /** The folder of the recording. Read-only. */
  fixture: string;
  /** The data folder. */
  data: string;
  /** The project's folder. */
  project: string;
  api: Api;
  /** Creates a stack with the recorded state and config. */
  stack(name: StackName): Promise<Stack>;
  /** Returns the recorded state of a resource. */
  recorded(stack: StackName, name: string): Promise<ResourceState>;
  /** Stops the server and all training programs, and removes the temporary folder. */
  remove(): Promise<void>;
}

export async function restore(engine: Engine, release: string, trainerKind: TrainerKind): Promise<Restored> {
  const fixture = join(FIXTURES, release, trainerKind);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "upgrade-")));
  const project = join(folder, "project");
  const data = join(folder, "data");
  await cp(join(fixture, "project"), project, { recursive: true });
  await cp(join(fixture, "data"), data, { recursive: true });
  await symlink(nodeModules, join(project, "node_modules"));
  await unpack(data);

  // `remove` finds the training programs by this variable.
  const env = { UPGRADE_TEST: folder };
  const server = await startEmbeddedServer(data, serverOptions(trainerKind, project), { env });
  const fillPlaceholders = (text: string) =>
    text.replaceAll(PLACEHOLDERS.url, server.url).replaceAll(PLACEHOLDERS.folder, folder);
  const stateFolder = join(folder, "states");
  await mkdir(stateFolder);
  await replaceInFiles(project, /^Pulumi\..*\.yaml$/, fillPlaceholders);
  const state = async (name: StackName) =>
    fillPlaceholders(await readFile(join(fixture, `state.${name}.json`), "utf8"));

  return {
    fixture,
    data,
    project,
    api: new Api(server.url, API_KEY[trainerKind]),
    async stack(name) {
      const stack = await engine.stack({ folder: project, project: PROJECT, name });
      const file = join(stateFolder, `${name}.json`);
      await writeFile(file, await state(name));
      const { code, output } = await stack.cmd("stack", "import", "--file", file);
      if (code !== 0) throw new Error(output);
      return stack;
    },
    async recorded(name, resource) {
      const { deployment } = JSON.parse(await state(name));
      return deployment.resources.find(({ urn }: ResourceState) => urn.endsWith(`::${resource}`));
    },
    async remove() {
      await server.stop();
      endProcessesWith(`UPGRADE_TEST=${folder}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function unpack(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".gz"))) {
    const path = join(folder, name);
    await writeFile(path.slice(0, -".gz".length), gunzipSync(await readFile(path)));
    await rm(path);
  }
}

async function replaceInFiles(folder: string, names: RegExp, replace: (text: string) => string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => names.test(each))) {
    const path = join(folder, name);
    await writeFile(path, replace(await readFile(path, "utf8")));
  }
}
