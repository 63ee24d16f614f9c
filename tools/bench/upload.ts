import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { MistralClient } from "../../provider/dist/client";
import { sample } from "../../test/support/samples";
import { TestServer } from "../../test/support/server";
import { type Comparison, compare, median } from "./compare";

const ROUNDS = 7;
const PEAK_ROUNDS = 3;
const MIB = 2 ** 20;
const root = resolve(__dirname, "../..");

const SIZES_MIB = [64, 256, 512];

interface DataFile {
  path: string;
  sha256: string;
}

/** Measures the memory of uploads, which must not depend on the file size, and their time against curl. */
export async function uploading(): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-upload-"));
  try {
    const results: Comparison[] = [];
    const peaks: Peaks[] = [];
    for (const size of SIZES_MIB) {
      const peak = await peaksAt(await write(size, folder), join(folder, `server-${size}`));
      peaks.push(peak);
      const what = `memory of a process that uploads ${size} MiB`;
      results.push(memory(what, "Mistral's own TypeScript client", peak.client, peak.official, "< 1"));
    }
    const [least, greatest] = [peaks.at(0), peaks.at(-1)] as [Peaks, Peaks];
    for (const side of ["client", "server"] as const) {
      const what = `memory of the ${side} while it ${side === "client" ? "uploads" : "receives"} a 512 MiB file`;
      results.push(memory(what, "a 64 MiB file", greatest[side], least[side], "at most 10 MB more"));
    }
    const file = await write(512, folder);
    return [...results, await againstCurl(file, join(folder, "server"))];
  } finally {
    await TestServer.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

const memory = (what: string, against: string, ours: number, theirs: number, aim: string): Comparison => ({
  ...{ what, against, unit: "MB", ours, theirs, aim },
  ratio: ours / theirs,
});

interface Peaks {
  client: number;
  /** Mistral's own TypeScript client. */
  official: number;
  server: number;
}

/** Returns the peak memory in MB of a server and of the clients that upload to this server, each in a separate process. */
async function peaksAt(file: DataFile, data: string): Promise<Peaks> {
  const server = await TestServer.start({ dataFolder: data });
  const { url } = server;
  const clients: number[] = [];
  const officials: number[] = [];
  for (let round = 0; round < PEAK_ROUNDS; round++) {
    clients.push((await upload(url, file)).peak);
    officials.push((await upload(url, file, OFFICIAL_UPLOAD)).peak);
  }
  const peak = peakIn(await readFile(`/proc/${server.pid}/status`, "utf8"));
  await server.terminate();
  return { client: median(clients), official: median(officials), server: peak };
}

async function againstCurl({ path, sha256 }: DataFile, data: string): Promise<Comparison> {
  const server = await TestServer.start({ dataFolder: data });
  const { url } = server;
  const client = new MistralClient({ baseUrl: url });
  const curl = async () => {
    const form = ["-F", "purpose=fine-tune", "-F", `file=@${path}`];
    const { stdout } = await execa("curl", ["-sS", "-w", "\n%{time_total}", ...form, `${url}/v1/files`]);
    const [reply = "", seconds] = stdout.split("\n");
    await client.files.delete(JSON.parse(reply).id);
    return Number(seconds);
  };
  const about = {
    what: "uploading 512 MiB, the hash verified on the way",
    against: "`curl -F`",
    unit: "s",
    aim: "≤ 1.2",
  };
  const result = await compare(about, async () => (await upload(url, { path, sha256 })).seconds, curl, ROUNDS);
  await server.terminate();
  return result;
}

async function upload(
  url: string,
  { path, sha256 }: DataFile,
  program = UPLOAD,
): Promise<{ seconds: number; peak: number }> {
  const { stdout } = await execa("node", ["-e", program, url, path, sha256], { cwd: root });
  const { seconds, status } = JSON.parse(stdout);
  return { seconds, peak: peakIn(status) };
}

/** Uploads like the provider, which has searched for the file before and knows its hash. */
const UPLOAD = `
  const { readFileSync } = require("node:fs");
  const { MistralClient } = require("pulumi-mistral/client");
  const [baseUrl, path, sha256] = process.argv.slice(1);
  const client = new MistralClient({ baseUrl });
  client.files.list().then(async () => {
    const start = performance.now();
    const { id } = await client.files.upload({ path, sha256 });
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ seconds, status: readFileSync("/proc/self/status", "utf8") }));
    await client.files.delete(id);
  });
`;

/** Uploads with Mistral's own client. Its documentation recommends `openAsBlob`. */
const OFFICIAL_UPLOAD = `
  const { openAsBlob, readFileSync } = require("node:fs");
  const { Mistral } = require("@mistralai/mistralai");
  const [serverURL, path] = process.argv.slice(1);
  const { files } = new Mistral({ serverURL, apiKey: "none" });
  openAsBlob(path).then(async (content) => {
    const start = performance.now();
    const { id } = await files.upload({ file: { fileName: "train.jsonl", content }, purpose: "fine-tune" });
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ seconds, status: readFileSync("/proc/self/status", "utf8") }));
    await files.delete({ fileId: id });
  });
`;

/** Linux reports the peak memory of a process in KiB. The value of `getrusage` would include the parent. */
export const peakIn = (status: string) => (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;

async function write(size: number, folder: string): Promise<DataFile> {
  const line = sample("What?", "x".repeat(1024 - sample("What?", "").length));
  const block = Buffer.from(line.repeat(MIB / line.length));
  const hash = createHash("sha256");
  const path = join(folder, `${size}.jsonl`);
  const file = await open(path, "w");
  for (let written = 0; written < size; written++) {
    hash.update(block);
    await file.write(block);
  }
  await file.close();
  return { path, sha256: hash.digest("hex") };
}
