import type { PulumiCli } from "./verify";

/** What every way of getting a CLI works with; tests give it an environment of their own. */
export interface Context {
  env: NodeJS.ProcessEnv;
  log(line: string): void;
}

/** One way of getting a CLI. It throws an `Error` whose message says why it could not. */
export interface Way {
  title: string;
  get(context: Context): Promise<PulumiCli>;
}

/** There is simply nothing there, which is nothing to tell anybody as long as another way works. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}
