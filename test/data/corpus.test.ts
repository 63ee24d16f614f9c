import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Rules } from "../../data/src";
import {
  type DataOptions,
  type DataSource,
  evaluateReports,
  inspectData,
} from "../../provider/src/inputs/data/inspectData";

/** A small file, and the exact findings expected for it. Its content is in `lines`, `content` or `base64`. */
interface Case {
  name: string;
  /** Each line is an object, which is written as JSON, or the text of the line. */
  lines?: unknown[];
  content?: string;
  base64?: string;
  validation?: unknown[];
  options?: DataOptions;
  errors?: string[];
  /** Default of both: none. */
  warnings?: string[];
}

type Content = Pick<Case, "lines" | "content" | "base64">;

interface Corpus {
  rules?: Rules;
  files: Case[];
}

const COMPLETION: Rules = { jobType: "completion", targets: [] };
const folder = join(__dirname, "corpus");

describe("the corpus of small data files", () => {
  for (const file of readdirSync(folder)) {
    const { rules = COMPLETION, files } = parse(readFileSync(join(folder, file), "utf8")) as Corpus;
    describe(file, () => {
      for (const each of files) {
        it(`reports exactly the expected findings for ${each.name}`, async () => {
          const { errors = [], warnings = [], options = {} } = each;
          assert.deepEqual(await check(each, rules, options), { errors, warnings });
        });
      }
    });
  }
});

async function check(each: Case, rules: Rules, options: DataOptions) {
  const validation = each.validation ? [source("v", { lines: each.validation })] : [];
  const reports = await inspectData([source("d", each)], validation, rules);
  const data = evaluateReports(reports, [["d"], ["v"]], options);
  const files = [...data.training, ...data.validation];
  return { errors: files.flatMap(({ errors }) => errors), warnings: files.flatMap(({ warnings }) => warnings) };
}

function source(name: string, each: Content): DataSource {
  return { name, open: () => inChunks(bytesOf(each)) };
}

function bytesOf({ lines = [], content, base64 }: Content): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, "base64");
  const written = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  return Buffer.from(content ?? written.join(""));
}

/** Yields the content in chunks that do not end at line ends. */
async function* inChunks(content: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += 7) yield content.subarray(start, start + 7);
}
