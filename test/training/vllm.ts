import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { delimiter } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { endProcessesWith, groupLeader, killWithParent, processesWith, signalGroup } from "../../tools/processes";
import { vllmBin } from "../../tools/testing/vllm";
import { eventually } from "../support/eventually";

const startTimeoutMs = 6 * 60_000;
const stopTimeoutMs = 30_000;

/** What differs from a machine with a GPU. */
const cpuArguments = ["--enforce-eager"];
const cpuEnvironment = {
  VLLM_CPU_KVCACHE_SPACE: "1",
  VLLM_NO_USAGE_STATS: "1",
  HF_HUB_OFFLINE: "1",
  // A proxy would not reach a server on the loopback interface of this machine.
  NO_PROXY: "127.0.0.1",
  no_proxy: "127.0.0.1",
};

/** Runs vLLM on the CPU as a child process on a free port. */
export class Vllm {
  /** Marks the processes of this server. */
  private readonly mark = `PULUMI_MISTRAL_VLLM=${randomUUID()}`;
  private child: ReturnType<typeof this.spawn> | undefined;
  private output = "";

  private constructor(private readonly url: string) {}

  /** Runs a command line that starts vLLM, and waits until vLLM answers. @throws {Error} with the end of vLLM's output */
  static async start(commandLine: readonly string[]): Promise<Vllm> {
    const port = await freePort();
    const vllm = new Vllm(`http://127.0.0.1:${port}`);
    vllm.child = vllm.spawn([...commandLine, ...cpuArguments, "--host", "127.0.0.1", "--port", String(port)]);
    try {
      await vllm.answers();
      return vllm;
    } catch (error) {
      await vllm.stop();
      throw error;
    }
  }

  /** The names under which vLLM serves the base model and the adapters. */
  async models(): Promise<string[]> {
    const { data } = (await (await fetch(`${this.url}/v1/models`)).json()) as { data: { id: string }[] };
    return data.map(({ id }) => id);
  }

  /** Returns the model's reply with greedy decoding. @throws {Error} for an error status */
  async chat(model: string, messages: readonly object[]): Promise<string> {
    const reply = await fetch(`${this.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages, temperature: 0, max_tokens: 40 }),
    });
    if (!reply.ok) throw new Error(`status ${reply.status}: ${await reply.text()}`);
    const { choices } = (await reply.json()) as { choices: [{ message: { content: string } }] };
    return choices[0].message.content;
  }

  /** Stops vLLM with SIGTERM. Returns the processes that were still running after the time limit, and kills them. */
  async stop(): Promise<string[]> {
    signalGroup(this.child?.pid, "SIGTERM");
    const deadline = Date.now() + stopTimeoutMs;
    while (processesWith(this.mark).length > 0 && Date.now() < deadline) await sleep(100);
    return endProcessesWith(this.mark).map(({ pid, command }) => `${pid} ${command}`);
  }

  private spawn([file = "", ...args]: readonly string[]) {
    const [name = "", value] = this.mark.split("=");
    const env = { ...cpuEnvironment, PATH: `${vllmBin}${delimiter}${process.env.PATH}`, [name]: value };
    const child = killWithParent(execa(file, args, { ...groupLeader, env, stdin: "ignore", all: true }));
    child.all.on("data", (chunk: Buffer) => {
      this.output = (this.output + chunk).slice(-5_000);
    });
    return child;
  }

  private async answers(): Promise<void> {
    const isHealthy = async () => {
      if (this.child?.exitCode !== null) throw new Error(`vLLM exited:\n${this.output}`);
      return fetch(`${this.url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    await eventually(() => `vLLM is healthy:\n${this.output}`, isHealthy, { withinMs: startTimeoutMs, everyMs: 500 });
  }
}

/** vLLM does not report the port that the system selects for port 0, so select one before. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}
