import assert from "node:assert/strict";
import { type Block, blocks, inlineCode } from "./snippets/blocks";
import { commandLines, commandProblems } from "./snippets/commands";
import { jsonProblem, yamlProblem } from "./snippets/data";
import { goProblems, pythonProblems } from "./snippets/programs";
import { typescriptProblems } from "./snippets/typescript";

/** Output of programs, not code. */
const OUTPUT = "text";
const SHELL = ["console", "sh"];
const TYPESCRIPT = ["ts", "typescript"];
/** Programs of the examples, which tests run. */
const PROGRAMS = ["js"];
const CHECKED = [...PROGRAMS, ...TYPESCRIPT, "json", "yaml", "python", "go", ...SHELL];

const of = (...languages: string[]) =>
  blocks.filter(({ language, unchecked }) => languages.includes(language) && unchecked === undefined);

const problems = (checked: readonly Block[], problem: (block: Block) => string | undefined) =>
  checked.flatMap((block) => {
    const found = problem(block);
    return found === undefined ? [] : [`${block.where}: ${found}`];
  });

describe("the snippets of the documentation", () => {
  it("have a language that is checked, or a comment that says why they are not", () => {
    const unknown = blocks.filter(
      ({ language, unchecked }) => language !== OUTPUT && !CHECKED.includes(language) && unchecked === undefined,
    );
    assert.deepEqual(
      unknown.map(({ where, language }) => `${where}: ${language || "no language"}`),
      [],
    );
    assert.ok(blocks.length > 60, `only ${blocks.length} blocks`);
  });

  it("in TypeScript have the types of the packages", function () {
    this.timeout(60_000);
    // One program checks all blocks, and one more block that shows that errors are found.
    const code = 'import { FineTuningJob } from "pulumi-mistral";\nnew FineTuningJob("a", { modell: "b" });';
    const wrong: Block = { file: "wrong.md", where: "wrong.md:1", language: "ts", code, unchecked: undefined };
    const found = typescriptProblems([...of(...TYPESCRIPT), wrong]);
    assert.match(found.join(), /modell/);
    assert.deepEqual(
      found.filter((problem) => !problem.startsWith("wrong.md:1: ")),
      [],
    );
  });

  it("in JSON are valid", () => assert.deepEqual(problems(of("json"), jsonProblem), []));

  it("in YAML have the fields of the schemas", () => assert.deepEqual(problems(of("yaml"), yamlProblem), []));

  it("in Python compile", function () {
    const found = pythonProblems(of("python"));
    if (found === undefined) this.skip();
    assert.deepEqual(found, []);
  });

  it("in Go are formatted", function () {
    const found = goProblems(of("go"));
    if (found === undefined) this.skip();
    assert.deepEqual(found, []);
  });

  it("in a shell call commands, scripts and flags that exist", () => {
    const lines = of(...SHELL).flatMap(({ language, code, where, file }) =>
      commandLines(language, code).map((line) => ({ line, where, file })),
    );
    assert.ok(lines.length > 50, `only ${lines.length} lines`);
    assert.deepEqual(
      lines.flatMap(({ line, where, file }) => commandProblems(line, file).map((problem) => `${where}: ${problem}`)),
      [],
    );
  });

  it("in the text name commands, scripts and flags that exist", () => {
    // The server prints `mistral-fine-tuning-server listening on …`.
    const named = inlineCode.filter(({ code }) =>
      /^(npx|npm|pulumi|pulumi-mistral|mistral-fine-tuning-server(?! listening)) [a-z-]/.test(code),
    );
    assert.deepEqual(
      named.flatMap(({ code, where, file }) => commandProblems(code, file).map((problem) => `${where}: ${problem}`)),
      [],
    );
  });
});

describe("the checks of snippets", () => {
  const block = (code: string): Block => ({ file: "a.md", where: "a.md:1", language: "", code, unchecked: undefined });

  it("find wrong commands", () => {
    const wrong = (line: string) => commandProblems(line, "README.md").length;
    for (const line of ["npx pulumi-mistral chekc", "npx pulumi-mistral check a --seqlen 1", "npm run nothing"]) {
      assert.equal(wrong(line), 1, line);
    }
    for (const line of [
      "npx mistral-fine-tuning-server --prot 1",
      "pulumi up --yess",
      "A=1 pulumi down",
      "frobnicate",
    ]) {
      assert.equal(wrong(line), 1, line);
    }
    assert.equal(wrong('curl "$(pulumi stack outptu x)" | tar x'), 1);
    assert.equal(wrong("npm ci && npm run build"), 0);
  });

  it("find wrong fields and syntax", () => {
    const program = block("resources:\n  a: { type: mistral:FineTuningJob, properties: { modell: b } }");
    assert.match(yamlProblem(program) ?? "", /modell/);
    assert.match(yamlProblem(block("models:\n  a: { path: b, gpus: none }")) ?? "", /gpus/);
    assert.ok(jsonProblem(block('{"a": 1,}')));
    assert.match(pythonProblems([block("def")])?.join() ?? "skipped: syntax", /syntax/);
    assert.match(goProblems([block("if {")])?.join() ?? "skipped: a.md", /a\.md/);
  });
});
