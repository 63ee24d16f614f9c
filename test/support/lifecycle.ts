import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MistralClient } from "../../provider/src/client";
import { check, type RawInputs } from "../../provider/src/lifecycle/check";
import { create } from "../../provider/src/lifecycle/create";
import { InitError } from "../../provider/src/lifecycle/state/initError";
import type { Inputs } from "../../provider/src/schema/inputs";
import { type ServerOptions, startServer } from "../../server/src";
import { fastClock, TestHost, urnOf } from "./host";
import { Remote } from "./remote";
import { sample } from "./samples";

/** Runs the provider's lifecycle functions without an engine, against a real server in this process with a new data folder. */
export class LifecycleHarness {
  private constructor(
    readonly folder: string,
    readonly url: string,
    private readonly remote: Remote,
    private readonly close: () => Promise<void>,
  ) {}

  static async create({
    speed = 10_000,
    apiKeys = [],
    keysFile,
    webhooks,
  }: {
    speed?: number;
    /** `KEY [workspace=NAME]`. The harness uses the first one. */
    apiKeys?: string[];
    keysFile?: string;
    /** A receiver of notifications, and the secret. */
    webhooks?: Pick<ServerOptions, "webhooks" | "webhookSecret">;
  } = {}): Promise<LifecycleHarness> {
    const folder = await mkdtemp(join(tmpdir(), "lifecycle-"));
    const server = await startServer({
      dataDir: join(folder, "server"),
      speed,
      apiKeys,
      ...(keysFile !== undefined && { keysFile }),
      ...webhooks,
    });
    const [apiKey] = apiKeys[0]?.split(" ") ?? [];
    return new LifecycleHarness(folder, server.url, new Remote(server.url, apiKey), async () => {
      await server.close();
      await rm(folder, { recursive: true });
    });
  }

  get client(): MistralClient {
    return this.remote.client;
  }

  end(): Promise<void> {
    return this.close();
  }

  host(config: Record<string, string> = {}): TestHost {
    const host = new TestHost({ baseUrl: this.url, ...config });
    // Poll faster, because the server's jobs are faster as well.
    host.clock = fastClock(20);
    return host;
  }

  /** Writes a data file; resolves to its path. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  /** Runs `check` on inputs. Resolves to the checked inputs; throws when there are problems. */
  async declare(name: string, inputs: RawInputs, olds: RawInputs = {}): Promise<Inputs> {
    const declared = {
      model: "open-mistral-7b",
      trainingFiles: [await this.file("train.jsonl", sample("What?"))],
      hyperparameters: { trainingSteps: 20 },
      ...inputs,
      __urn: urnOf(name),
    };
    const result = await check(olds, declared, this.host());
    if (result.problems.length > 0) throw new Error(result.problems.join("\n"));
    return result.inputs as Inputs;
  }

  /** Runs `check` and `create`, as `pulumi up` does. The default host is new, like that of a new process. */
  async create(name: string, inputs: RawInputs = {}, host = this.host()) {
    return create(await this.declare(name, inputs), host);
  }

  /** All jobs and files on the server. */
  jobs = () => this.remote.jobs();
  files = () => this.remote.files();
}

/** Returns the init error that an operation fails with. */
export async function initErrorOf(operation: Promise<unknown>): Promise<InitError> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof InitError) return error;
    throw error;
  }
  throw new Error("expected an init error, but the operation succeeded");
}
