import { resolve } from "node:path";

const data = resolve(__dirname, "../examples/quickstart");

/** What differs between the jobs. The suffix names it. */
const jobs = [
  { suffix: "lr-1e-4", hyperparameters: { training_steps: 150, learning_rate: 1e-4 } },
  { suffix: "lr-1e-5", hyperparameters: { training_steps: 150, learning_rate: 1e-5 } },
  // The simulated validation loss rises towards the end.
  { suffix: "lr-3e-3", hyperparameters: { training_steps: 150, learning_rate: 3e-3 } },
];

/**
 * Trains three jobs with the quickstart's data and different hyperparameters, unless the server has them already. Call it after
 * the packages are built, and only with a server that simulates trainings.
 *
 * @returns the IDs of the jobs when all of them have ended
 */
export async function finishedJobs(baseUrl: string): Promise<string[]> {
  const { MistralClient } = await import("../provider/dist/client/index.js");
  const client = new MistralClient({ baseUrl });
  const ids: string[] = [];
  for (const { suffix, hyperparameters } of jobs) {
    const [existing] = (await client.jobs.list({ suffix, status: "SUCCESS" })).data;
    ids.push(existing?.id ?? (await create(suffix, hyperparameters)));
  }
  await Promise.all(ids.map((id) => client.jobs.waitUntilComplete(id, { pollIntervalMs: 500 })));
  return ids;

  async function create(suffix: string, hyperparameters: (typeof jobs)[number]["hyperparameters"]): Promise<string> {
    const training = await client.files.upload({ path: resolve(data, "train.jsonl") });
    const validation = await client.files.upload({ path: resolve(data, "valid.jsonl") });
    const { id } = await client.jobs.create({
      ...{ model: "open-mistral-7b", suffix, hyperparameters, auto_start: true },
      ...{ training_files: [{ file_id: training.id }], validation_files: [validation.id] },
      evaluation: { samples: 4 },
    });
    return id;
  }
}
