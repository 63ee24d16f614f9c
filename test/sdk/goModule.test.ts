import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../layouts/packed";
import { EXAMPLE_INPUTS, examplesIn, MOCKED } from "./examples";
import { describeWithGo, runGo } from "./go";

const sdk = resolve(__dirname, "../../sdk/go");

describeWithGo("the Go SDK", function () {
  // The first run on a machine compiles Pulumi's SDK.
  this.timeout(15 * 60_000);
  let folder: string;
  let remove: () => Promise<void>;

  before("create a module that requires the SDK", async () => {
    ({ folder, remove } = await temporaryFolder());
    const [, module] = (await readFile(join(sdk, "go.mod"), "utf8")).match(/^module (\S+)/) ?? [];
    assert.ok(module);
    for (const [name, program] of Object.entries(examplesIn("go"))) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "main.go"), program);
    }
    const mocked = join(folder, "mocked");
    await mkdir(mocked);
    await writeFile(join(mocked, "main.go"), mockedProgram(module));
    await runGo(folder, "mod", "init", "program");
    await runGo(folder, "mod", "edit", "-require", `${module}@v0.0.0`, "-replace", `${module}@v0.0.0=${sdk}`);
    await runGo(folder, "mod", "tidy");
  });
  after(() => remove());

  it("compiles the examples of the resource and of all functions", async () => {
    await runGo(folder, "vet", "./...");
  });

  it("sends the resource's inputs and returns the outputs of the resource and of a function", async () => {
    assert.deepEqual(JSON.parse(await runGo(folder, "run", "./mocked")), {
      type: "mistral:index:FineTuningJob",
      inputs: EXAMPLE_INPUTS,
      fineTunedModel: MOCKED.fineTunedModel,
      archived: MOCKED.archived,
    });
  });
});

const mockedProgram = (module: string) => `package main

import (
	"encoding/json"
	"os"
	"sync"

	"${module}/mistral"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var seen = map[string]any{}

type mocks struct{}

func (mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	seen["type"], seen["inputs"] = args.TypeToken, args.Inputs.Mappable()
	args.Inputs["fineTunedModel"] = resource.NewProperty("${MOCKED.fineTunedModel}")
	return "id", args.Inputs, nil
}

func (mocks) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{"archived": resource.NewProperty(${MOCKED.archived})}, nil
}

func main() {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		job, err := mistral.NewFineTuningJob(ctx, "support-bot", &mistral.FineTuningJobArgs{
			Model:         pulumi.String("open-mistral-7b"),
			TrainingFiles: pulumi.Array{pulumi.String("train.jsonl")},
			Hyperparameters: mistral.HyperparametersArgs{
				TrainingSteps: pulumi.Int(100),
				LearningRate:  pulumi.Float64(1e-4),
			},
		})
		if err != nil {
			return err
		}
		model, err := mistral.GetModel(ctx, &mistral.GetModelArgs{ModelId: "ft:mocked"})
		if err != nil {
			return err
		}
		seen["archived"] = model.Archived
		var known sync.WaitGroup
		known.Add(1)
		job.FineTunedModel.ApplyT(func(id *string) error {
			seen["fineTunedModel"] = id
			known.Done()
			return nil
		})
		known.Wait()
		return nil
	}, pulumi.WithMocks("project", "stack", mocks{}))
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(seen)
}
`;
