import { ExplainedError } from "./main";
import { fromCache } from "./pulumiCli/cache";
import { minimumGo } from "./pulumiCli/go";
import { builtWithGo } from "./pulumiCli/goBuild";
import { officialInstaller } from "./pulumiCli/installer";
import { onPath } from "./pulumiCli/path";
import { type CliSource, type Context, NotInstalled } from "./pulumiCli/source";
import { minimumVersion, type PulumiCli } from "./pulumiCli/verify";

export type { PulumiCli };

const allSources: readonly CliSource[] = [onPath, fromCache, officialInstaller, builtWithGo];

/**
 * Returns a Pulumi CLI for this machine. Uses an existing CLI, or installs one into the user's cache folder. Tries the cheapest
 * source first, and logs why a source failed before it tries the next.
 *
 * @throws ExplainedError with the failure of each source when none has a CLI
 * @example
 * const { binary, env } = await findOrGetPulumi();
 * await execa(binary, ["version"], { env });
 */
export async function findOrGetPulumi(
  { log = console.error, env = process.env }: Partial<Context> = {},
  sources: readonly CliSource[] = allSources,
): Promise<PulumiCli> {
  const failures: string[] = [];
  for (const source of sources) {
    try {
      return await source.get({ log, env });
    } catch (error) {
      const failure = `${source.title}: ${(error as Error).message}`;
      failures.push(`  - ${failure}`);
      if (!(error instanceof NotInstalled)) log(`Skipped ${failure}`);
    }
  }
  throw new ExplainedError(
    `No Pulumi CLI was found or installed. Tried:\n${failures.join("\n")}\n` +
      `Install Pulumi ${minimumVersion} or later (https://www.pulumi.com/docs/install/), or Go ${minimumGo} or later ` +
      "(https://go.dev/dl/) to build Pulumi from source. Then run this command again.",
  );
}
