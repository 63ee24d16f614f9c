import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import pLimit from "p-limit";
import { findOrGetPulumi } from "../../tools/pulumiCli";
import { describeWithEngine, type Engine } from "../support/engine";
import { nodeLts } from "./cached";
import { run } from "./commands";
import { installs } from "./installs";
import { type Layout, layouts } from "./layouts";
import { pack, temporaryFolder } from "./packed";
import { writeProgram } from "./programs";

/** Includes the wait for earlier tests, and the downloads on a machine with empty caches. */
const timeoutMs = 15 * 60_000;
/** Installations mostly wait for files, and Pulumi for its processes. A third task would not save any time. */
const atOnce = pLimit(2);

const frozenText = resolve(__dirname, "../provider/resource/serialized.txt");

const slug = (title: string) => title.replace(/\W+/g, "-").toLowerCase();

describeWithEngine("pulumi-mistral, packed and installed", function (engine) {
  this.timeout(timeoutMs);
  let runs: Promise<void>[];
  let removeFolder: () => Promise<void>;

  // Starts all installations and runs at once, and limits their number, so that installing and running overlap. Each test waits
  // for its own run.
  before(async () => {
    const { folder, remove } = await temporaryFolder();
    removeFolder = remove;
    const packed = await pack("provider", folder);
    const server = await engine.server({ speed: 2000 });
    const needed = Object.entries(installs).filter(([name]) => layouts.some(({ install }) => install === name));
    const installing = needed.map(([name, install]) => {
      const target = join(folder, slug(name));
      return [name, atOnce(() => install(target, packed).then(() => target))] as const;
    });
    const installed = Object.fromEntries(installing) as Record<Layout["install"], Promise<string>>;
    runs = layouts.map((layout) => atOnce(async () => up(engine, layout, await installed[layout.install], server.url)));
    // Prevents unhandled rejections: each promise is awaited only by its own test.
    for (const promise of [...Object.values(installed), ...runs]) promise.catch(() => undefined);
  });
  after(async () => {
    await Promise.allSettled(runs);
    await removeFolder();
  });

  for (const [index, { install, title, lts }] of layouts.entries()) {
    it(`trains, and reports no changes in a second \`up\`: ${install}, ${title}, Node.js ${lts ? "LTS" : process.version}`, () =>
      runs[index]);
  }
});

/** Runs `pulumi up` twice, and asserts that the second run reports no changes. */
async function up(engine: Engine, layout: Layout, installed: string, baseUrl: string): Promise<void> {
  const { install, title, program, folder = ".", lts, tsc } = layout;
  // The provider finds an existing job by its URN, so each program needs its own project name.
  const project = slug(`${install} ${title} ${lts ? "lts" : ""}`);
  const programFolder = join(installed, folder);
  await writeProgram(programFolder, project, program);
  if (tsc) await run(programFolder, join(installed, "node_modules/.bin/tsc"), "--noEmit");

  const env = { MISTRAL_BASE_URL: baseUrl, PULUMI_NODEJS_TRANSPILE_ONLY: "false", ...(lts && (await withNodeLts())) };
  const stack = await engine.stack({ folder: programFolder, project, env });
  const first = await stack.up();
  assert.equal(first.code, 0, first.output);

  const { resources = [] } = await stack.state();
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
  const node = lts ? await ltsVersion() : process.version;
  const fineTunedModel = String(outputs?.fineTunedModel);
  assert.match(fineTunedModel, /^ft:open-mistral-7b:bot-/);
  assert.deepEqual(outputs, { status: "SUCCESS", fineTunedModel, failed: 0, node });
  // A different text would show a diff in every existing stack.
  const job = resources.find(({ type }) => type === "pulumi-nodejs:dynamic/mistral:FineTuningJob");
  assert.equal(job?.inputs?.__provider, await readFile(frozenText, "utf8"));

  // The first run has already checked the types.
  stack.env.PULUMI_NODEJS_TRANSPILE_ONLY = "true";
  const second = await stack.up("--expect-no-changes");
  assert.equal(second.code, 0, second.output);
}

async function withNodeLts(): Promise<Record<string, string>> {
  const { env } = await findOrGetPulumi();
  return { PATH: [await nodeLts(), env.PATH].join(delimiter) };
}

/** Returns the version of the installed LTS of Node.js. Fails when the version is not an LTS. */
async function ltsVersion(): Promise<string> {
  const [version, name] = JSON.parse(
    await run(__dirname, join(await nodeLts(), "node"), "-p", "JSON.stringify([process.version, process.release.lts])"),
  );
  assert.ok(name, `Node.js ${version} is not an LTS`);
  return version;
}
