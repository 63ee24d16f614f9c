import pulumi
import pulumi_mistral as mistral

job = mistral.FineTuningJob(
    "support-bot",
    model="open-mistral-7b",
    training_files=["train.jsonl"],
    hyperparameters={"training_steps": 100, "learning_rate": 1e-4},
)

pulumi.export("fineTunedModel", job.fine_tuned_model)
