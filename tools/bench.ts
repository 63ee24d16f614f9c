/**
 * `npm run bench [name…]`: runs the benchmarks and writes the table in docs/benchmarks.md. Each one measures two things alternately,
 * because only their ratio is meaningful on a shared machine.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { busyServer } from "./bench/busyServer";
import { checking } from "./bench/checking";
import type { Comparison } from "./bench/compare";
import { firstRequests } from "./bench/firstRequests";
import { hostileFiles } from "./bench/hostileFiles";
import { loading } from "./bench/loading";
import { longTraining } from "./bench/longTraining";
import { openPages } from "./bench/openPages";
import { page } from "./bench/page";
import { plugin } from "./bench/plugin";
import { requests } from "./bench/requests";
import { serverWithManyJobs } from "./bench/server";
import { training } from "./bench/training";
import { pluginUpWithoutChanges, upWithoutChanges } from "./bench/up";
import { uploading } from "./bench/upload";
import { waiting } from "./bench/waiting";
import { runMain } from "./main";

const benches: Record<string, () => Promise<Comparison[]>> = {
  up: upWithoutChanges,
  pluginUp: pluginUpWithoutChanges,
  plugin,
  loading: async () => [await loading()],
  requests: async () => [await requests()],
  waiting,
  uploading,
  checking,
  server: serverWithManyJobs,
  firstRequests,
  busy: busyServer,
  openPages,
  longTraining,
  hostileFiles,
  page,
  training,
};
const file = join(__dirname, "../docs/benchmarks.md");

runMain(async () => {
  const wanted = process.argv.slice(2);
  const rows: string[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const result of await bench()) {
      rows.push(row(result));
      console.log(rows.at(-1));
    }
  }
  if (wanted.length === 0) writeFileSync(file, filledIn(readFileSync(file, "utf8"), rows));
});

function row({ what, against, unit, ours, theirs, ratio, aim }: Comparison): string {
  return `| ${what} | ${against} | ${figure(ours)} | ${figure(theirs)} | ${unit} | ${ratio.toFixed(2)} | ${aim} |`;
}

function filledIn(text: string, rows: string[]): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`;
  const table = [
    "| What | Against | Measured | Baseline | Unit | Ratio | Aim |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
  const block = [`Measured on ${machine}, with \`npm run bench\`:`, "", ...table].join("\n");
  return text.replace(
    /(<!-- measured -->\n)[\s\S]*?(<!-- \/measured -->)/,
    (_, open, close) => `${open}${block}\n${close}`,
  );
}

const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
