import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { python } from "../../test/conformance/python/environment";
import { pythonProblem } from "../../test/support/python";
import { sample } from "../../test/support/samples";
import { type Comparison, compare, median } from "./compare";
import { peakIn } from "./upload";

const ROUNDS = 7;
const PEAK_ROUNDS = 3;
const MIB = 2 ** 20;
const TIMEOUT_MS = 5 * 60_000;
const root = resolve(__dirname, "../..");

/** Measures the time of a data check against simpler programs, and its memory, which must not depend on the file size. */
export async function checking(): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-checking-"));
  try {
    const file = await write(folder, 256, 1_200);
    const times = [await againstParsing(file), await againstTogether(file)];
    await rm(file);
    const memory = [await peaks(folder, 1_200), await peaks(folder, 100)];
    return [...times, ...memory].filter((each) => each !== undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const WHAT = "checking 256 MiB of instruct data";

function againstParsing(file: string): Promise<Comparison> {
  const about = { what: WHAT, against: "a bare loop of `JSON.parse` in Node", unit: "s", aim: "≤ 1.3" };
  return compare(about, secondsOf(CHECK, file), secondsOf(PARSE, file), ROUNDS);
}

/** Returns undefined and prints the reason if `together` is not installed. */
async function againstTogether(file: string): Promise<Comparison | undefined> {
  const about = {
    what: WHAT,
    against: "`together files check` (parses the JSON, does not validate any field)",
    unit: "s",
    aim: "≤ 0.65",
  };
  const theirs = async () => {
    const { exitCode, stdout, all } = await python("together", ["-c", TOGETHER, file], root, TIMEOUT_MS);
    if (exitCode !== 0) throw new Error(all);
    return Number(stdout);
  };
  const missing =
    pythonProblem ??
    (await theirs().then(
      () => undefined,
      (error: Error) => error.message,
    ));
  if (missing === undefined) return compare(about, secondsOf(CHECK, file), theirs, ROUNDS);
  console.log(`not compared with together files check: ${missing}`);
  return undefined;
}

async function peaks(folder: string, lineBytes: number): Promise<Comparison> {
  const figures: number[] = [];
  for (const size of [512, 64]) {
    const file = await write(folder, size, lineBytes);
    const rounds: number[] = [];
    for (let round = 0; round < PEAK_ROUNDS; round++) rounds.push((await measured(CHECK, file)).peak);
    figures.push(median(rounds));
    await rm(file);
  }
  const [ours, theirs] = figures as [number, number];
  const what = `memory of a process that checks 512 MiB, in lines of ${lineBytes} bytes`;
  return {
    what,
    against: "at 64 MiB",
    unit: "MB",
    ours,
    theirs,
    ratio: ours / theirs,
    aim: "at most 15 MB more, and at most 170 MB",
  };
}

const secondsOf = (work: string, file: string) => async () => (await measured(work, file)).seconds;

/** Runs the work in a separate process. */
async function measured(work: string, file: string): Promise<{ seconds: number; peak: number }> {
  const script = `
    const { createReadStream, readFileSync } = require("node:fs");
    ${work}
    const start = performance.now();
    work().then(() => {
      const seconds = (performance.now() - start) / 1000;
      console.log(JSON.stringify({ seconds, status: readFileSync("/proc/self/status", "utf8") }));
    });`;
  const { stdout } = await execa("node", ["-e", script, file], { cwd: root });
  const { seconds, status } = JSON.parse(stdout);
  return { seconds, peak: peakIn(status) };
}

/** Checks a file completely, like the provider. */
const CHECK = `
  const { inspectData } = require("./provider/dist/inputs/data/inspectData");
  const { readContent } = require("./provider/dist/inputs/data/content");
  const open = () => readContent({ path: process.argv[1] }, "");
  const work = () => inspectData([{ name: "", open }], [], { jobType: "completion", targets: [] });`;

/** The fastest simple method: finds the lines in the bytes, and decodes each line separately. */
const PARSE = `
  async function work() {
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(process.argv[1], { highWaterMark: 256 * 1024 })) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let start = 0;
      for (let end; (end = bytes.indexOf(10, start)) !== -1; start = end + 1) JSON.parse(bytes.toString("utf8", start, end));
      rest = bytes.subarray(start);
    }
  }`;

const TOGETHER = `
import sys, time
from together.lib.utils.files import check_file
start = time.perf_counter()
assert check_file(sys.argv[1])["is_check_passed"]
print(time.perf_counter() - start)
`;

/** All samples differ. One of eight is not ASCII. */
async function write(folder: string, mebibytes: number, lineBytes: number): Promise<string> {
  const path = join(folder, `${mebibytes}-${lineBytes}.jsonl`);
  const file = await open(path, "w");
  const answer = "The model learns to say this. ".repeat(Math.ceil(lineBytes / 30));
  const room = lineBytes - sample("12345678 é", "").length - 1;
  let number = 10_000_000;
  for (let written = 0; written < mebibytes * MIB; ) {
    const lines: string[] = [];
    for (let line = 0; line < MIB / lineBytes; line++, number++) {
      lines.push(sample(`${number} ${number % 8 === 0 ? "é" : "ee"}`, answer.slice(0, room)));
    }
    written += (await file.write(lines.join(""))).bytesWritten;
  }
  await file.close();
  return path;
}
