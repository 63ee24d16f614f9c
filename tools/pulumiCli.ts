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
 * A Pulumi CLI for this machine: found, or got once and kept in the user's cache folder. It tries the cheapest source first,
 * and logs why a CLI that was there did not do, or why a source did not work, before it tries the next.
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
      if (!(error instanceof NotInstalled)) log(`Passed over: ${failure}`);
    }
  }
  throw new ExplainedError(
    `No Pulumi CLI could be found or got. Tried:\n${failures.join("\n")}\n` +
      `Install Pulumi ${minimumVersion} or later (https://www.pulumi.com/docs/install/), or Go ${minimumGo} or later ` +
      "(https://go.dev/dl/) to have Pulumi built, and run this again.",
  );
}
