import { findOrGetPulumi, type PulumiCli } from "../../tools/pulumiCli";
import { type ServerOptions, TestServer } from "./server";
import { Stack, type StackOptions } from "./stack";
import { WatchedProxy } from "./watchedProxy";

/** A command takes about five seconds, and a test has several, on a machine that runs other tests beside it. */
const testTimeoutMs = 5 * 60_000;
/** `npm test` has got a CLI before; a test file that is run alone may have to build one. */
const cliTimeoutMs = 15 * 60_000;

/** What an engine test makes its world of; everything made here is gone after the suite. */
export interface Engine {
  stack(options: StackOptions): Promise<Stack>;
  server(options?: ServerOptions): Promise<TestServer>;
  /** A proxy in front of a server. */
  proxy(target: string): Promise<WatchedProxy>;
}

/** A suite that drives the real CLI: it has one, time enough, and a clean-up that fails when a process is left. */
export function describeWithEngine(title: string, suite: (this: Mocha.Suite, engine: Engine) => void): void {
  describe(title, function () {
    this.timeout(testTimeoutMs);
    let cli: PulumiCli;
    const made: (() => Promise<void>)[] = [];

    before("find a Pulumi CLI", async function () {
      this.timeout(cliTimeoutMs);
      cli = await findOrGetPulumi();
    });
    after("clean up", async () => {
      const ends = await Promise.allSettled(made.reverse().map((end) => end()));
      const failure = ends.find((it) => it.status === "rejected");
      if (failure) throw failure.reason;
    });

    suite.call(this, {
      async stack(options) {
        const stack = await Stack.create(cli, options);
        made.push(() => stack.remove());
        return stack;
      },
      async server(options) {
        const server = await TestServer.start(options);
        made.push(() => server.stop());
        return server;
      },
      async proxy(target) {
        const proxy = await WatchedProxy.start(target);
        made.push(() => proxy.stop());
        return proxy;
      },
    });
  });
}
