import { type File, isTerminal, type Job, MistralClient, NotFoundError } from "../../provider/src/client";
import { eventually } from "./eventually";

/** Reads jobs, files and models from a server through the API, to compare them with the state of a stack. */
export class Remote {
  readonly client: MistralClient;

  constructor(baseUrl: string, apiKey?: string) {
    this.client = new MistralClient({ baseUrl, apiKey });
  }

  async jobs(): Promise<Job[]> {
    const jobs = [];
    for await (const job of this.client.jobs.listAll()) jobs.push(job);
    return jobs;
  }

  async files(): Promise<File[]> {
    const files = [];
    for await (const file of this.client.files.listAll()) files.push(file);
    return files;
  }

  async statusOf(jobId: unknown): Promise<string> {
    return (await this.client.jobs.get(String(jobId))).status;
  }

  /** Cancels a job outside Pulumi, and waits until the job has ended. */
  async cancel(jobId: unknown): Promise<void> {
    await this.client.jobs.cancel(String(jobId));
    await eventually(`the end of job ${jobId}`, async () => isTerminal(await this.statusOf(jobId)), { everyMs: 50 });
  }

  /** Returns whether a model exists, is archived or was deleted. */
  async modelStatus(model: unknown): Promise<"active" | "archived" | "deleted"> {
    try {
      return (await this.client.models.get(String(model))).archived ? "archived" : "active";
    } catch (error) {
      if (error instanceof NotFoundError) return "deleted";
      throw error;
    }
  }
}
