import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sample } from "../support/samples";
import { writeJson } from "./managers";

/** A Pulumi program in one of the supported forms. */
export interface Program {
  files: Record<string, string>;
  /** Fields of `package.json`. */
  settings: object;
  compilerOptions?: object;
  /** The `runtime` field of `Pulumi.yaml`. */
  runtime: object;
}

/** The stack outputs of each program. `failed` is the result of a client call, and the same in every run. */
const exported = "status, fineTunedModel, failed, node";

const job = `
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 2 },
`;

const imports = (form: (names: string, module: string) => string) =>
  [
    form("output", "@pulumi/pulumi"),
    form("FineTuningJob", "pulumi-mistral"),
    form("MistralClient", "pulumi-mistral/client"),
  ].join("\n");

const body = `
const { status, fineTunedModel } = new FineTuningJob("bot", {${job}});
const client = new MistralClient({ baseUrl: process.env.MISTRAL_BASE_URL ?? "" });
const failed = output(client.jobs.list({ status: "FAILED" })).apply((page) => page.total);
const node = process.version;
`;

const esm = `${imports((names, module) => `import { ${names} } from "${module}";`)}${body}export { ${exported} };\n`;
const commonjs = `${imports((names, module) => `const { ${names} } = require("${module}");`)}${body}module.exports = { ${exported} };\n`;

const tsNode = { name: "nodejs" };
const tsx = { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } };

/** Pulumi's default: TypeScript compiled to CommonJS by ts-node, which checks the types. */
export const typescriptCommonJs = (compilerOptions: object): Program => ({
  files: { "index.ts": esm },
  settings: { main: "index.ts" },
  compilerOptions,
  runtime: tsNode,
});

/** TypeScript compiled to ES modules by ts-node, in Pulumi's ESM mode. */
export const typescriptEsm = (compilerOptions: object): Program => ({
  ...typescriptCommonJs(compilerOptions),
  settings: { main: "index.ts", type: "module" },
});

export const underTsx = (program: Program): Program => ({ ...program, runtime: tsx });

export const javascriptCommonJs: Program = {
  files: { "index.js": commonjs },
  settings: { main: "index.js" },
  runtime: tsNode,
};

export const javascriptEsm: Program = {
  files: { "index.js": esm },
  settings: { main: "index.js", type: "module" },
  runtime: tsNode,
};

/** The files of a company's wrapper package around `FineTuningJob`. Programs import only the wrapper. */
export const wrapper = {
  "index.js": `const { FineTuningJob } = require("pulumi-mistral");
exports.tune = (name) => new FineTuningJob(name, {${job}});
`,
  "index.d.ts": `import type { FineTuningJob } from "pulumi-mistral";
export declare function tune(name: string): FineTuningJob;
`,
};

/** A program that imports the wrapper. */
export const wrapped = (compilerOptions: object): Program => ({
  ...typescriptCommonJs(compilerOptions),
  files: {
    "index.ts": `import { tune } from "acme-tuning";
const { status, fineTunedModel } = tune("bot");
const failed = 0;
const node = process.version;
export { ${exported} };
`,
  },
});

/** Turns a folder into a Pulumi project. The folder may already contain installed packages. */
export async function writeProgram(folder: string, name: string, program: Program): Promise<void> {
  await writeJson(folder, "package.json", program.settings);
  await writeJson(folder, "Pulumi.yaml", { name, runtime: program.runtime });
  if (program.compilerOptions) {
    const strict = { target: "es2022", strict: true, types: ["node"] };
    await writeJson(folder, "tsconfig.json", {
      compilerOptions: { ...strict, ...program.compilerOptions },
      include: ["*.ts"],
    });
  }
  const files = { ...program.files, "train.jsonl": sample("What?") };
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
}
