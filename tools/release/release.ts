import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { gt, valid } from "semver";
import { ExplainedError } from "../main";
import type { packSdks } from "../sdk/pack";
import { releasedChangelog } from "./changelog";
import { archiveName, type buildArchives } from "./executable/archives";
import { nameOf, PLATFORMS } from "./executable/platforms";

const WORKSPACES = ["provider", "server"];
const inWorkspaces = WORKSPACES.flatMap((workspace) => ["--workspace", workspace]);
/** Receives the packed files. Git ignores this folder. */
const PACKED_FOLDER = "release";
/** The generated files whose version Pulumi and the package managers read. */
const GENERATED = [
  "schema.json",
  "provider/schema.json",
  "sdk/nodejs/package.json",
  "sdk/python/pulumi_mistral/pulumi-plugin.json",
  "sdk/go/mistral/pulumi-plugin.json",
];

export interface ReleaseOptions {
  /** Folder of the repository. */
  root: string;
  /** Version of both packages, without a leading `v`. */
  version: string;
  /** Write, pack, build, commit and tag. Otherwise nothing is changed. */
  execute: boolean;
  /** Date of the changelog section. */
  date: Date;
  /** Packs the SDKs. Called once they have the new version. */
  packSdks: typeof packSdks;
  /** Builds the archives of the plugin. Called once the packages are compiled and have the new version. */
  buildArchives: typeof buildArchives;
  log(line: string): void;
}

/**
 * Sets the version of both packages, the lock file, the schema and the SDKs, dates the changelog, packs the packages and the SDKs,
 * builds the plugin's archives, commits and tags.
 *
 * @throws ExplainedError when the version, the working tree or the changelog is not ready for a release, when a generated file has
 *   another version, or when an archive could not be built. Nothing is committed then.
 */
export async function release(options: ReleaseOptions): Promise<void> {
  const { root, version, execute, date, packSdks, buildArchives, log } = options;
  const run = async (command: string, ...args: string[]) => (await execa(command, args, { cwd: root })).stdout;
  const changelogFile = join(root, "CHANGELOG.md");
  const tag = `v${version}`;

  await requireNewVersion(root, version);
  if (await run("git", "tag", "--list", tag)) throw new ExplainedError(`The tag ${tag} exists already.`);
  const changes = await run("git", "status", "--porcelain");
  if (changes) throw new ExplainedError(`The working tree has changes. Commit or stash them first:\n${changes}`);
  const changelog = releasedChangelog(await readFile(changelogFile, "utf8"), version, date);

  log(`set the version of ${WORKSPACES.join(" and ")} to ${version} in package.json and package-lock.json`);
  log("generate schema.json and sdk/ with this version");
  log(`CHANGELOG.md: "Unreleased" becomes "${version} (${date.toISOString().slice(0, 10)})"`);
  if (!execute) {
    for (const line of packed(await run("npm", "pack", ...inWorkspaces, "--json", "--dry-run"))) log(`pack ${line}`);
    log("pack the SDKs for Node.js and Python");
    for (const platform of PLATFORMS) log(`build ${archiveName(version, platform)}`);
    log(`commit "Release ${version}" and tag ${tag}`);
    log("Dry run: nothing was changed. Add --execute to write, pack, build, commit and tag.");
    return;
  }

  await writeFile(changelogFile, changelog);
  await run("npm", "version", version, ...inWorkspaces, "--allow-same-version", "--no-git-tag-version");
  await run("npm", "run", "generate");
  await run("npm", "run", "generate:sdk");
  await requireGeneratedVersion(root, version);
  // The lock file has the version of the Node.js SDK, because an example depends on its folder.
  await run("npm", "install", "--package-lock-only", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund");
  const folder = join(root, PACKED_FOLDER);
  await mkdir(folder, { recursive: true });
  const destination = ["--pack-destination", PACKED_FOLDER];
  for (const line of packed(await run("npm", "pack", ...inWorkspaces, "--json", ...destination))) log(`packed ${line}`);
  for (const path of await packSdks(folder)) log(`packed ${basename(path)}`);
  const missing = await buildArchives({ root, folder, log });
  if (missing.length > 0) throw notReady(`These archives were not built: ${missing.map(nameOf).join(", ")}.`);
  await run("git", "commit", "--all", "--message", `Release ${version}`);
  await run("git", "tag", "--annotate", tag, "--message", `Release ${version}`);
  log(
    `Committed and tagged ${tag}. The packages and archives are in ${PACKED_FOLDER}/. To create a draft release: git push --follow-tags`,
  );
}

async function requireNewVersion(root: string, version: string): Promise<void> {
  if (valid(version) !== version) throw new ExplainedError(`"${version}" is not a version such as 1.2.3.`);
  for (const workspace of WORKSPACES) {
    const current = JSON.parse(await readFile(join(root, workspace, "package.json"), "utf8")).version;
    if (gt(current, version)) throw new ExplainedError(`${workspace} already has the later version ${current}.`);
  }
}

async function requireGeneratedVersion(root: string, version: string): Promise<void> {
  for (const file of GENERATED) {
    const generated = JSON.parse(await readFile(join(root, file), "utf8")).version;
    if (generated !== version) throw notReady(`${file} has the version ${generated} instead of ${version}.`);
  }
}

const notReady = (reason: string) =>
  new ExplainedError(
    `${reason} Nothing was committed. Fix the cause, run \`git restore .\`, and start the release again.`,
  );

interface PackedPackage {
  name: string;
  filename: string;
  size: number;
  entryCount: number;
}

/** One line per package. npm prints a list or, from version 12 on, an object by package name. */
function packed(json: string): string[] {
  const packages = Object.values(JSON.parse(json) as Record<string, PackedPackage>);
  return packages.map(({ filename, size, entryCount }) => `${filename}: ${entryCount} files, ${size} bytes`);
}
