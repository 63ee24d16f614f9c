import type { PulumiCli } from "./verify";

/** The environment to search and a log. Tests pass an environment of their own. */
export interface Context {
  env: NodeJS.ProcessEnv;
  log(line: string): void;
}

/** A way to get a CLI. `get` throws an `Error` with the reason when it fails. */
export interface CliSource {
  title: string;
  get(context: Context): Promise<PulumiCli>;
}

/** Nothing is installed at this source. Not logged, because another source usually has a CLI. */
export class NotInstalled extends Error {
  override readonly name = "NotInstalled";
}
