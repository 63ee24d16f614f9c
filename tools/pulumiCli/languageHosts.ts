import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import which from "which";
import { ExplainedError } from "../main";
import { cachedVersion, cacheFolder, removeAbandoned } from "./cache";
import { findGo } from "./go";
import { buildGoProgram, type GoProgram, sdk } from "./goProgram";
import type { Context } from "./source";
import type { PulumiCli } from "./verify";

/** A language of Pulumi programs besides Node.js. */
export type Language = "go" | "python" | "yaml";
export const allLanguages: readonly Language[] = ["yaml", "python", "go"];

/** The newest version of each language host that the Go module proxy serves and that works with the engine. */
const programs: Record<Language, GoProgram> = {
  go: { package: `${sdk}/go/pulumi-language-go`, modules: [`${sdk} v3.66.0`] },
  python: {
    package: `${sdk}/python/cmd/pulumi-language-python`,
    modules: [`${sdk} v3.79.0`],
    scripts: ["../pulumi-language-python-exec"],
  },
  yaml: {
    package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    modules: ["github.com/pulumi/pulumi-yaml v1.32.0"],
  },
};

/**
 * Returns a CLI that runs programs in these languages. Pulumi's own releases contain all language hosts. For other CLIs, the missing
 * hosts are built with Go, once, into the user's cache folder.
 *
 * @throws ExplainedError when a host is missing and cannot be built
 * @example
 * const cli = await withLanguageHosts(await findOrGetPulumi(), ["yaml"]);
 */
export async function withLanguageHosts(
  cli: PulumiCli,
  languages: readonly Language[],
  context: Context,
): Promise<PulumiCli> {
  const folder = hostFolder(cli, context.env);
  // Last on PATH, because hosts that belong to the CLI take precedence.
  const path = [cli.env.PATH ?? "", folder].join(delimiter);
  for (const language of languages) {
    if (await which(`pulumi-language-${language}`, { path, nothrow: true })) continue;
    await install(language, folder, context).catch((error: Error) => {
      throw new ExplainedError(
        `${cli.binary} cannot run ${language} programs: pulumi-language-${language} is neither in its folder nor on PATH, ` +
          `and it could not be built: ${error.message}`,
      );
    });
  }
  return { ...cli, env: { ...cli.env, PATH: path } };
}

/** The engine warns about a host that is not in the CLI's folder. The project may only write to the CLI that it installed itself. */
function hostFolder(cli: PulumiCli, env: NodeJS.ProcessEnv): string {
  const cached = cacheFolder(env);
  const bin = join(cached, "bin");
  return dirname(cli.binary) === bin ? bin : join(dirname(cached), `language-hosts-${cachedVersion}`);
}

/** Builds a host beside its folder and then renames its files, so that an incomplete host is never used. */
async function install(language: Language, folder: string, context: Context): Promise<void> {
  if (process.platform === "win32") throw new Error("not supported on Windows");
  const go = await findGo(context.env);
  context.log(`Building Pulumi's language host for ${language} with Go. This happens once; the result is cached.`);
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const fresh = await mkdtemp(`${folder}.partial-`);
  try {
    await buildGoProgram(go, programs[language], fresh, context);
    // The host itself is renamed last, because its presence means that it is complete.
    const host = `pulumi-language-${language}`;
    for (const file of [...(await readdir(fresh)).filter((name) => name !== host), host]) {
      await rename(join(fresh, file), join(folder, file));
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
