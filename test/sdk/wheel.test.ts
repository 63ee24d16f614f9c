import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packPython } from "../../tools/sdk/pack";
import { temporaryFolder } from "../layouts/packed";
import { describeWithPython, pythonEnvironment, runPython } from "../support/python";
import { EXAMPLE_INPUTS, examplesIn, MOCKED } from "./examples";

describeWithPython("the Python SDK's wheel", function () {
  // The first run on a machine installs Pulumi's Python SDK.
  this.timeout(10 * 60_000);
  let folder: string;
  let python: string;
  let remove: () => Promise<void>;

  before("pack and install", async () => {
    ({ folder, remove } = await temporaryFolder());
    const wheel = await packPython(folder);
    python = join(await pythonEnvironment([wheel], [await readFile(wheel)]), "bin/python");
  });
  after(() => remove());

  const run = async (name: string) => {
    await writeFile(join(folder, `${name}.py`), examplesIn("python")[name] as string);
    await writeFile(join(folder, "mocked.py"), mocked);
    const { exitCode, stdout, all } = await runPython(python, ["mocked.py", `${name}.py`], { cwd: folder }, 120_000);
    assert.equal(exitCode, 0, all);
    return JSON.parse(stdout);
  };

  it("sends the resource's inputs", async () => {
    assert.deepEqual(await run("FineTuningJob"), [["mistral:index:FineTuningJob", EXAMPLE_INPUTS]]);
  });

  for (const name of Object.keys(examplesIn("python")).filter((each) => each !== "FineTuningJob")) {
    it(`calls ${name}`, async () => {
      // The example of an approval also has its job, before it.
      const [token] = (await run(name)).at(-1);
      assert.equal(token, `mistral:index:${name}`);
    });
  }
});

const mocked = `
import json, runpy, sys
import pulumi

seen = []

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        seen.append([args.typ, args.inputs])
        return ["id", {**args.inputs, "fineTunedModel": "${MOCKED.fineTunedModel}"}]

    def call(self, args):
        seen.append([args.token, args.args])
        return json.loads('${JSON.stringify(MOCKED)}')

pulumi.runtime.set_mocks(Mocks())

@pulumi.runtime.test
def main():
    runpy.run_path(sys.argv[1])

main()
print(json.dumps(seen))
`;
