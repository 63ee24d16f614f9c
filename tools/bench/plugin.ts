import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { eventually } from "../../test/support/eventually";
import { ProviderHost } from "../../test/support/providerHost/providerHost";
import { sample } from "../../test/support/samples";
import { TestServer } from "../../test/support/server";
import { type Comparison, compare } from "./compare";

const root = resolve(__dirname, "../..");
const START_ROUNDS = 15;
const WAITING_JOBS = 100;

/** A plugin that answers only `GetPluginInfo`. */
const emptyPlugin = `
const grpc = require("@grpc/grpc-js");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const server = new grpc.Server();
server.addService(ResourceProviderService, { getPluginInfo: (_, reply) => reply(null, new PluginInfo()) });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => console.log(port));
`;

/** Measures the start of the plugin and its memory. */
export async function plugin(): Promise<Comparison[]> {
  return [await start(), await memory()];
}

function start(): Promise<Comparison> {
  const about = {
    what: "the plugin's start, to its first answer",
    against: "a plugin without any code of its own",
    unit: "ms",
    aim: "≤ 2",
  };
  const ours = [resolve(root, "provider/bin/pulumi-resource-mistral.js")];
  return compare(about, firstAnswer(ours), firstAnswer(["-e", emptyPlugin]), START_ROUNDS);
}

/** Returns the time from the start of the process to the answer to `GetPluginInfo`. */
function firstAnswer(args: string[]): () => Promise<number> {
  return async () => {
    const started = performance.now();
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
    const [port] = await once(createInterface(child.stdout), "line");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    await new Promise<void>((answered, failed) => {
      client.getPluginInfo(new Empty(), (error) => (error ? failed(error) : answered()));
    });
    const milliseconds = performance.now() - started;
    client.close();
    child.kill();
    await once(child, "exit");
    return milliseconds;
  };
}

/** Compares the plugin's memory while it waits for many jobs with the memory while it waits for one. */
async function memory(): Promise<Comparison> {
  const many = await megabytesWhileWaiting(WAITING_JOBS);
  const one = await megabytesWhileWaiting(1);
  return {
    what: `the plugin's memory while ${WAITING_JOBS} jobs run`,
    against: "while one job runs",
    unit: "MB",
    aim: "≤ 1.3",
    ours: many,
    theirs: one,
    ratio: many / one,
  };
}

async function megabytesWhileWaiting(jobs: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "bench-plugin-"));
  await writeFile(join(folder, "train.jsonl"), sample("What?"));
  const server = await TestServer.start({ speed: 1 });
  const host = await ProviderHost.start("plugin", folder, { XDG_CACHE_HOME: folder });
  try {
    await host.configure({ baseUrl: server.url });
    const waits = Array.from({ length: jobs }, (_, index) => create(host, `job-${index}`));
    const isRunning = (name: string) =>
      host.engine.messages.some(({ urn, text }) => urn === host.urn(name) && text.startsWith("RUNNING"));
    await eventually("all jobs run", async () => waits.every((_, index) => isRunning(`job-${index}`)) || undefined, {
      withinMs: 120_000,
    });
    const status = await readFile(`/proc/${host.process.pid}/status`, "utf8");
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    await host.cancel();
    await Promise.all(waits);
    return kilobytes / 1024;
  } finally {
    await host.stop();
    await server.stopAndRemove();
    await rm(folder, { recursive: true });
  }
}

async function create(host: ProviderHost, name: string): Promise<void> {
  const inputs = {
    model: "open-mistral-7b",
    trainingFiles: ["train.jsonl"],
    hyperparameters: { trainingSteps: 100_000 },
  };
  const { value } = await host.check(name, {}, inputs);
  assert.ok(value);
  const { failure } = await host.create(name, value.inputs);
  assert.ok(failure?.existing, "the wait is interrupted at the end");
}
