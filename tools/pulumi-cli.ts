import { fromCache } from "./pulumi-cli/cache";
import { minimumGo } from "./pulumi-cli/go";
import { builtWithGo } from "./pulumi-cli/goBuild";
import { officialInstaller } from "./pulumi-cli/installer";
import { onPath } from "./pulumi-cli/path";
import { minimumVersion, type PulumiCli } from "./pulumi-cli/verify";
import { type Context, NotThere, type Way } from "./pulumi-cli/way";
import { ExplainedError } from "./run";

export type { PulumiCli };

const allWays: readonly Way[] = [onPath, fromCache, officialInstaller, builtWithGo];

/**
 * A Pulumi CLI for this machine: found, or got once and kept in the user's cache folder. It tries the cheapest way first,
 * and logs why a CLI that was there did not do, or why a way did not work, before it takes the next.
 */
export async function findOrGetPulumi(
  { log = console.error, env = process.env }: Partial<Context> = {},
  ways: readonly Way[] = allWays,
): Promise<PulumiCli> {
  const failures: string[] = [];
  for (const way of ways) {
    try {
      return await way.get({ log, env });
    } catch (error) {
      const failure = `${way.title}: ${(error as Error).message}`;
      failures.push(`  - ${failure}`);
      if (!(error instanceof NotThere)) log(`Passed over: ${failure}`);
    }
  }
  throw new ExplainedError(
    `No Pulumi CLI could be found or got. Tried:\n${failures.join("\n")}\n` +
      `Install Pulumi ${minimumVersion} or later (https://www.pulumi.com/docs/install/), or Go ${minimumGo} or later ` +
      "(https://go.dev/dl/) to have Pulumi built, and run this again.",
  );
}
