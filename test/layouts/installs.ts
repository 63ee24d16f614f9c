import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./commands";
import { npmInstall, pnpmInstall, writeJson, yarnInstall } from "./managers";
import { type Packed, unpack } from "./packed";
import { wrapper } from "./programs";

const pulumiVersion: string = require("@pulumi/pulumi/package.json").version;

/** The first SDK version whose dynamic-provider host calls `configure`, which passes the configuration to the provider. */
export const oldestPulumi = "3.139.0";

/** The devDependencies that `pulumi new typescript` writes. Without ts-node, because Pulumi has its own copy. */
const typescript5 = { "@types/node": "^20.0.0", typescript: "~5.9.0" };
const typescript6 = { "@types/node": "^20.0.0", typescript: "~6.0.0", "ts-node": "^10.9.2", tsx: "^4.23.0" };

/** Writes one or more projects into a folder and installs their dependencies, including the packed `pulumi-mistral`. */
type Install = (folder: string, packed: Packed) => Promise<void>;

/** Ways of installing, each with a different layout of `node_modules`. */
export const installs = {
  npm: (folder, { tarball }) => npmProject(folder, `file:${tarball}`, typescript5),

  "npm with TypeScript 6, ts-node and tsx": (folder, { tarball }) => npmProject(folder, `file:${tarball}`, typescript6),

  "npm with the oldest Pulumi SDK": (folder, { tarball }) =>
    npmProject(folder, `file:${tarball}`, typescript5, oldestPulumi),

  "npm with the newest Pulumi SDK": (folder, { tarball }) =>
    npmProject(folder, `file:${tarball}`, typescript5, "latest"),

  /**
   * Two programs that link to the package's folder. The first is in the same workspace: npm installs the dependencies of the
   * package in the workspace's root. The second is outside and uses `file:`, so it has a second copy of Pulumi's SDK. The second
   * needs a current ts-node: Pulumi's copy does not follow the link when it resolves the types of the package's dependencies.
   */
  "an npm workspace": async (folder, packed) => {
    const workspace = join(folder, "workspace");
    await unpack(packed, join(workspace, "packages/pulumi-mistral"));
    await writeJson(workspace, "package.json", { private: true, workspaces: ["packages/*", "infra"] });
    await writeJson(workspace, "infra/package.json", project("*", typescript5));
    await npmInstall(workspace);
    await npmProject(join(folder, "outside"), "file:../workspace/packages/pulumi-mistral", typescript6);
  },

  pnpm: async (folder, { tarball }) => {
    await writeJson(folder, "package.json", project(`file:${tarball}`, typescript5));
    await pnpmInstall(folder);
  },

  /** The program depends only on a wrapper package. `pulumi-mistral` exists only in pnpm's `.pnpm/node_modules`. */
  "pnpm and a company's wrapper": async (folder, { tarball }) => {
    await writeWrapper(join(folder, "wrapper"), "0.1.0");
    const [{ filename }] = JSON.parse(await run(join(folder, "wrapper"), "npm", "pack", "--json"));
    await writeJson(folder, "infra/package.json", wrapperProject(`file:../wrapper/${filename}`));
    // The registry does not have the version under test.
    await pnpmInstall(join(folder, "infra"), { overrides: { "pulumi-mistral": `file:${tarball}` } });
  },

  /** The same in a workspace, where `.pnpm` is in the root instead of the program's folder. */
  "a pnpm workspace with a company's wrapper": async (folder, { tarball }) => {
    await writeWrapper(join(folder, "packages/acme-tuning"), `file:${tarball}`);
    await writeJson(folder, "package.json", { private: true });
    await writeJson(folder, "infra/package.json", wrapperProject("workspace:*"));
    await pnpmInstall(folder, { packages: ["packages/*", "infra"] });
  },

  "yarn with node_modules": async (folder, { tarball }) => {
    await writeJson(folder, "package.json", project(`file:${tarball}`, typescript5));
    await yarnInstall(folder);
  },
} satisfies Record<string, Install>;

async function npmProject(
  folder: string,
  specifier: string,
  devDependencies: Record<string, string>,
  pulumi = pulumiVersion,
): Promise<void> {
  await writeJson(folder, "package.json", project(specifier, devDependencies, pulumi));
  await npmInstall(folder);
}

function project(specifier: string, devDependencies: Record<string, string>, pulumi = pulumiVersion): object {
  return {
    name: "infra",
    private: true,
    dependencies: { "@pulumi/pulumi": pulumi, "pulumi-mistral": specifier },
    devDependencies,
  };
}

function wrapperProject(specifier: string): object {
  return {
    name: "infra",
    private: true,
    dependencies: { "@pulumi/pulumi": pulumiVersion, "acme-tuning": specifier },
    devDependencies: typescript5,
  };
}

async function writeWrapper(folder: string, specifier: string): Promise<void> {
  await writeJson(folder, "package.json", {
    name: "acme-tuning",
    version: "1.0.0",
    main: "index.js",
    types: "index.d.ts",
    dependencies: { "pulumi-mistral": specifier },
    peerDependencies: { "@pulumi/pulumi": "^3.0.0" },
  });
  for (const [file, text] of Object.entries(wrapper)) await writeFile(join(folder, file), text);
}
