import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { packNodejs } from "../../tools/sdk/pack";
import { run } from "../layouts/commands";
import { temporaryFolder } from "../layouts/packed";
import { EXAMPLE_INPUTS, examplesIn, MOCKED } from "./examples";

const root = resolve(__dirname, "../..");
/** The oldest version that the SDK's peer range accepts. */
const oldestPulumi = "3.142.0";

describe("the Node.js SDK's npm package", function () {
  this.timeout(10 * 60_000);
  let folder: string;
  let remove: () => Promise<void>;

  before("pack and install", async () => {
    ({ folder, remove } = await temporaryFolder());
    const tarball = await packNodejs(folder);
    const peer = JSON.parse(readFileSync(join(root, "sdk/nodejs/package.json"), "utf8")).peerDependencies;
    assert.equal(peer["@pulumi/pulumi"], `^${oldestPulumi}`);
    const dependencies = {
      "@pulumi/pulumi": oldestPulumi,
      "@types/node": "^20",
      "pulumi-mistral-sdk": `file:${tarball}`,
    };
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
    await run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts");
    for (const [name, program] of Object.entries(examplesIn("typescript"))) {
      await writeFile(join(folder, `${name}.ts`), program);
    }
    await writeFile(join(folder, "mocked.js"), mocked);
    const compilerOptions = { module: "nodenext", target: "es2022", strict: true, skipLibCheck: true, types: ["node"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    await run(folder, join(root, "node_modules/.bin/tsc"), "--project", folder);
  });
  after(() => remove());

  const runExample = async (name: string) => JSON.parse(await run(folder, "node", "mocked.js", `./${name}.js`));

  it("sends the resource's inputs and returns its outputs", async () => {
    const { seen, exports } = await runExample("FineTuningJob");
    assert.deepEqual(seen, [["mistral:index:FineTuningJob", EXAMPLE_INPUTS]]);
    assert.deepEqual(exports, { fineTunedModel: MOCKED.fineTunedModel });
  });

  const results = {
    getFineTuningJob: { fineTunedModel: MOCKED.fineTunedModel },
    getModel: { archived: MOCKED.archived },
    listFineTuningJobs: { models: MOCKED.jobs.map((job) => job.fineTunedModel) },
  };
  for (const [name, expected] of Object.entries(results)) {
    it(`calls ${name} and returns its result`, async () => {
      const { seen, exports } = await runExample(name);
      assert.equal(seen[0][0], `mistral:index:${name}`);
      assert.deepEqual(exports, expected);
    });
  }
});

const mocked = `
const pulumi = require("@pulumi/pulumi");
const seen = [];
const result = ${JSON.stringify(MOCKED)};
pulumi.runtime.setMocks({
  newResource: ({ type, inputs }) => {
    seen.push([type, inputs]);
    return { id: "id", state: { ...inputs, fineTunedModel: result.fineTunedModel } };
  },
  call: ({ token, inputs }) => {
    seen.push([token, inputs]);
    return result;
  },
});
const program = require(process.argv[2]);
pulumi.output({ ...program }).apply((exports) => process.stdout.write(JSON.stringify({ seen, exports })));
`;
