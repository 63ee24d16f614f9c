/** A key that is easy to find in any output. */
export const KEY = "sk-test-0123456789-never-print-me";

export const JOB_ID = "b888f774-3e7c-4135-a18c-6b985523c4bc";
export const FILE_ID = "0f713502-9233-41c6-9ebd-c570b7edb496";
export const MODEL_ID = "ft:open-mistral-7b:support:20260101:b888f774";

/** A job with every documented field. */
export const JOB = {
  id: JOB_ID,
  object: "job",
  model: "open-mistral-7b",
  status: "SUCCESS",
  job_type: "completion",
  auto_start: false,
  created_at: 1767225600,
  modified_at: 1767229200,
  training_files: [FILE_ID],
  validation_files: ["0bf0f9e6-c3e5-4d61-aac8-0e36dcac0dfc"],
  hyperparameters: {
    training_steps: 100,
    learning_rate: 0.0001,
    weight_decay: 0.1,
    warmup_fraction: 0.05,
    epochs: 1.5,
    seq_len: 8192,
    fim_ratio: 0.9,
  },
  fine_tuned_model: MODEL_ID,
  suffix: "support",
  integrations: [{ type: "wandb", project: "p", name: "n", run_name: "r", url: "https://wandb.ai/p/r" }],
  repositories: [{ type: "github", owner: "o", name: "n", ref: "main", weight: 1, commit_id: "abc" }],
  trained_tokens: 12_345,
  metadata: {
    expected_duration_seconds: 600,
    cost: 4.2,
    cost_currency: "EUR",
    train_tokens_per_step: 1000,
    train_tokens: 100_000,
    data_tokens: 50_000,
    estimated_start_time: 1767225660,
  },
};

export const DETAILED_JOB = {
  ...JOB,
  classifier_targets: [{ name: "mood", labels: ["good", "bad"], weight: 1, loss_function: "single_class" }],
  events: [{ name: "status-updated", data: { status: "SUCCESS" }, created_at: 1767229200 }],
  checkpoints: [
    {
      metrics: { train_loss: 0.9, valid_loss: 1.1, valid_mean_token_accuracy: 0.8 },
      step_number: 100,
      created_at: 1767229100,
    },
  ],
};

export const FILE = {
  id: FILE_ID,
  object: "file",
  bytes: 12,
  created_at: 1767225600,
  filename: "train.jsonl",
  purpose: "fine-tune",
  sample_type: "instruct",
  num_lines: 1,
  mimetype: "application/jsonl",
  source: "upload",
  signature: "abc",
};

export const MODEL = {
  id: MODEL_ID,
  object: "model",
  created: 1767229200,
  owned_by: "me",
  workspace_id: "w",
  root: "open-mistral-7b",
  root_version: "v0.3",
  archived: false,
  name: "Support",
  description: "Answers tickets",
  capabilities: { completion_chat: true },
  max_context_length: 32768,
  aliases: ["support"],
  job: JOB_ID,
  model_type: "completion",
};
