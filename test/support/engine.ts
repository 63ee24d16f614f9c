import { findOrGetPulumi, type PulumiCli } from "../../tools/pulumiCli";
import { type Language, withLanguageHosts } from "../../tools/pulumiCli/languageHosts";
import { copyExample } from "./example";
import { type ServerOptions, TestServer } from "./server";
import { Stack, type StackOptions } from "./stack";
import { TestProxy } from "./testProxy";

/** A command takes about five seconds, a test runs several, and other tests run in parallel. */
const testTimeoutMs = 5 * 60_000;
/** When a test file runs alone, it may have to build a CLI first. */
const cliTimeoutMs = 15 * 60_000;

/** Creates the stacks, servers and proxies of an engine test. All of them are removed after the suite. */
export interface Engine {
  stack(options: StackOptions): Promise<Stack>;
  server(options?: ServerOptions): Promise<TestServer>;
  /** Copies an example, for a stack in its folder. @returns the folder */
  copyOfExample(name: string): Promise<string>;
  /** Starts a proxy that records requests in front of a server. */
  proxy(target: string): Promise<TestProxy>;
}

/**
 * Declares a suite that runs the real Pulumi CLI. Its clean-up fails when a process of a stack is still running.
 *
 * @param languages the languages of the suite's programs, apart from Node.js. The suite fails when one of them cannot run.
 */
export function describeWithEngine(
  title: string,
  suite: (this: Mocha.Suite, engine: Engine) => void,
  languages: readonly Language[] = [],
): void {
  describe(title, function () {
    this.timeout(testTimeoutMs);
    let cli: PulumiCli;
    const cleanups: (() => Promise<void>)[] = [];

    before("find a Pulumi CLI", async function () {
      this.timeout(cliTimeoutMs);
      const context = { env: process.env, log: console.error };
      cli = await withLanguageHosts(await findOrGetPulumi(context), languages, context);
    });
    after("clean up", async () => {
      const ends = await Promise.allSettled(cleanups.reverse().map((end) => end()));
      const failure = ends.find((it) => it.status === "rejected");
      if (failure) throw failure.reason;
    });

    suite.call(this, {
      async stack(options) {
        const stack = await Stack.create(cli, options);
        cleanups.push(() => stack.remove());
        return stack;
      },
      async server(options) {
        const server = await TestServer.start(options);
        cleanups.push(() => server.stopAndRemove());
        return server;
      },
      async copyOfExample(name) {
        const { folder, remove } = await copyExample(name);
        cleanups.push(remove);
        return folder;
      },
      async proxy(target) {
        const proxy = await TestProxy.start({ target, stream: true });
        cleanups.push(() => proxy.stop());
        return proxy;
      },
    });
  });
}
