import { findOrGetChromium } from "../chromium";
import { findOrGetPulumi } from "../pulumiCli";
import { allLanguages, withLanguageHosts } from "../pulumiCli/languageHosts";
import { command, script, succeeded } from "./command";
import { type Counts, sum } from "./counts";
import { mochaInParallel } from "./mocha";
import { setUpRecipe, trainings } from "./recipe";
import { covered, suites } from "./suites";
import { setUpVllm } from "./vllm";

/** One part of a run. Its duration is printed. */
export interface Part {
  name: string;
  run(): Promise<Counts>;
  /** Started when the run starts, because a first download or build takes minutes. `run` waits for it. */
  prepare?: () => Promise<unknown>;
}

const CRASH_SEEDS = "200";
const inCi = Boolean(process.env.CI);

const context = { env: process.env, log: console.log };
const pulumiCli = once(() => findOrGetPulumi(context));
/** The hosts of the languages in which the examples of the plugin are written. */
const languageHosts = once(async () => withLanguageHosts(await pulumiCli(), allLanguages, context));

const chromium = once(() => findOrGetChromium());

const checks: Part[] = [
  { name: "lint", run: () => command("biome", ["check", "--error-on-warnings", "."]) },
  { name: "types and build", run: build },
  { name: "generated files", run: () => script("tools/generate.ts", "--check") },
];

/** A separate part, because the tests that need the CLI have time limits and building a CLI takes minutes. */
const cli: Part = { name: "Pulumi CLI", prepare: pulumiCli, run: () => succeeded(logged(pulumiCli())) };

const hosts: Part = {
  name: "language hosts",
  prepare: languageHosts,
  run: () => succeeded(languageHosts()),
};

/** Run after the build, because the set-up uses the compiled server, and before the tests with time limits, because unpacking 11 GB would slow them down. */
const python: Part[] = [
  { name: "recipe environment", run: () => succeeded(setUpRecipe()) },
  { name: "vLLM environment", run: () => succeeded(setUpVllm()) },
];

const unit: Part = { name: "unit", run: () => mochaInParallel(suites.unit) };
/** Only CI measures the coverage: it makes the tests slower. */
const unitAndIntegration: Part = {
  name: "unit and integration",
  run: () => mochaInParallel(covered, { coverage: inCi }),
};
const engine: Part = { name: "engine", run: () => mochaInParallel(suites.engine) };
/** Waits for Chromium, because the tests have time limits and an installation takes minutes. */
const page: Part = {
  name: "page (browser)",
  prepare: chromium,
  run: async () => sum([await succeeded(chromium()), await mochaInParallel(suites.page)]),
};
const realTrainings: Part = { name: "trainings", run: trainings };

const quick: Part[] = [
  ...checks,
  cli,
  unitAndIntegration,
  { name: "engine (core)", run: () => mochaInParallel(suites.coreEngine) },
  { name: "crash tests (sample)", run: () => mochaInParallel(suites.crash) },
];

const rest: Part[] = [
  page,
  ...python,
  hosts,
  { name: "engine (others)", run: () => mochaInParallel(suites.otherEngine) },
  { name: "Python clients and Ray", run: () => mochaInParallel(suites.python) },
  realTrainings,
  // Every point and seed, on one of the two hosts: both would take as long as everything else.
  { name: "crash tests (all)", run: () => script("test/crash/run.ts", "--seeds", CRASH_SEEDS, "--divide") },
  { name: "documentation site", run: () => script("tools/docs.ts") },
  { name: "SDKs", run: () => mochaInParallel(suites.sdk) },
  { name: "layouts", run: () => mochaInParallel(suites.layouts) },
];

/** The parts that each command of package.json runs. */
export const runs = {
  /** `npm test` */
  default: quick,
  /** `npm run test:unit` */
  unit: [checks[1] as Part, unit],
  /** `npm run test:engine` */
  engine: [checks[1] as Part, cli, hosts, engine],
  /** `npm run test:training` */
  training: [checks[1] as Part, ...python, realTrainings],
  /** `npm run test:page` */
  page: [checks[1] as Part, page],
  /** The parts that `npm run test:all` runs after `npm test`. */
  rest,
  /** `npm run test:all` */
  all: [...quick, ...rest],
} satisfies Record<string, Part[]>;

/** Compiles the packages, and builds the server's page. */
export async function build(): Promise<Counts> {
  const packages = await command("tsc", ["-b"]);
  if (packages.failed > 0) return packages;
  return sum([await command("tsc", ["-p", "server/page"]), await script("tools/page.ts")]);
}

async function logged(found: ReturnType<typeof findOrGetPulumi>): Promise<void> {
  const { binary, version } = await found;
  console.log(`${binary}, version ${version}`);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
