import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { run } from "./commands";
import { npmInstall, writeJson } from "./managers";
import { pack, temporaryFolder } from "./packed";

const pulumiVersion: string = require("@pulumi/pulumi/package.json").version;

/** Like Pulumi's template, without `esModuleInterop` and `skipLibCheck`. */
const template = { strict: true, target: "es2020", noEmit: true };

const resolutions = {
  node10: { module: "commonjs", moduleResolution: "node10" },
  node16: { module: "node16", moduleResolution: "node16" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  "node10, with exactOptionalPropertyTypes": { module: "commonjs", exactOptionalPropertyTypes: true },
};

const program = `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob, type FineTuningJobResult, getFineTuningJob, getFineTuningJobOutput, JobStatus } from "pulumi-mistral";
import { type DetailedJob, type JobStatus as OpenStatus, MistralClient } from "pulumi-mistral/client";

const job = new FineTuningJob("bot", {
  model: "a-model-of-tomorrow",
  trainingFiles: ["train.jsonl", { fileId: "f", weight: 2 }],
  hyperparameters: { trainingSteps: 2 },
});
export const fineTunedModel: pulumi.Output<string | undefined> = job.fineTunedModel;
export const losses: pulumi.Output<(number | undefined)[]> = job.checkpoints.apply((all) => all.map((one) => one.trainLoss));

export async function look(): Promise<FineTuningJobResult> {
  const found = await getFineTuningJob({ jobId: "j" });
  const cost: number | undefined = found.cost;
  const step: number | undefined = found.checkpoints[0]?.stepNumber;
  console.log(cost, step, found.model.length, found.events.map(({ name }) => name));
  // @ts-expect-error misspelled; there would be no error if the type were \`any\`
  found.fineTunedModle;
  return found;
}
export const status: pulumi.Output<string> = getFineTuningJobOutput({ jobId: job.jobId }).status;

export async function ask(client: MistralClient): Promise<DetailedJob> {
  const detailed = await client.jobs.get("j");
  const loss: number | undefined = detailed.checkpoints?.[0]?.metrics.train_loss;
  const rate: number | undefined = detailed.hyperparameters?.learning_rate;
  const tomorrow: OpenStatus = "A_STATUS_OF_TOMORROW";
  detailed.status = tomorrow;
  console.log(loss, rate, detailed.status === JobStatus.Success, (await client.models.list()).data[0]?.capabilities);
  for await (const { id, created_at } of client.jobs.listAll({ status: "RUNNING" })) console.log(id, created_at?.toFixed());
  // @ts-expect-error misspelled
  detailed.staus;
  // @ts-expect-error not a number
  const id: number = detailed.id;
  return detailed;
}
`;

describe("the package's types in TypeScript 5.9 with the settings of Pulumi's template", function () {
  this.timeout(3 * 60_000);
  let folder: string;
  let remove: () => Promise<void>;

  before("pack and install", async () => {
    ({ folder, remove } = await temporaryFolder());
    const { tarball } = await pack("provider", folder);
    await writeJson(folder, "package.json", {
      private: true,
      dependencies: { "@pulumi/pulumi": pulumiVersion, "pulumi-mistral": `file:${tarball}` },
      // Installed here, since the repository has another version of TypeScript.
      devDependencies: { "@types/node": "^20.0.0", typescript: "5.9.3" },
    });
    await npmInstall(folder);
    await writeFile(join(folder, "program.ts"), program);
    await writeFile(join(folder, "names.ts"), allNames(folder));
  });
  after(() => remove());

  for (const [title, options] of Object.entries(resolutions)) {
    it(`compile without the types of zod and got: ${title}`, async () => {
      await writeJson(folder, "tsconfig.json", { compilerOptions: { ...template, ...options }, include: ["*.ts"] });
      const files = await run(folder, join(folder, "node_modules/.bin/tsc"), "--listFiles");
      const read = files.split("\n");
      assert.ok(read.some((file) => file.endsWith("/pulumi-mistral/dist/client/index.d.ts")));
      const others = read.filter((file) => /\/node_modules\/(zod|got)\//.test(file));
      assert.deepEqual(others, []);
    });
  }
});

/** Returns a program that uses every type that the package's modules export, including classes and enums. */
function allNames(folder: string): string {
  const entries = { "pulumi-mistral": "index.d.ts", "pulumi-mistral/client": "client/index.d.ts" };
  const dist = join(folder, "node_modules/pulumi-mistral/dist");
  const files = Object.values(entries).map((entry) => join(dist, entry));
  const compiled = ts.createProgram(files, { module: ts.ModuleKind.Node16, types: [] });
  const checker = compiled.getTypeChecker();
  return Object.entries(entries)
    .flatMap(([module, entry], index) => {
      const source = compiled.getSourceFile(join(dist, entry));
      const symbol = source && checker.getSymbolAtLocation(source);
      assert.ok(symbol, `${module} is not a module`);
      const names = checker.getExportsOfModule(symbol).filter((each) => {
        const target = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each;
        return target.flags & ts.SymbolFlags.Type;
      });
      assert.ok(names.length > 10);
      const types = names.map(({ name }) => `all${index}.${name}`);
      return [`import * as all${index} from "${module}";`, `export type All${index} = [${types.join(", ")}];`];
    })
    .join("\n");
}
