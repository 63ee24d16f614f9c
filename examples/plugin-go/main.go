package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"example.com/pulumi-mistral/sdk/go/mistral"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
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
		ctx.Export("fineTunedModel", job.FineTunedModel)
		return nil
	})
}
