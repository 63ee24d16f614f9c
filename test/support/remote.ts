import { type File, isTerminal, type Job, MistralClient, NotFoundError } from "../../provider/src/client";
import { eventually } from "./eventually";

/** What a server has, as the API tells anybody who asks: the truth that the state of a stack is held against. */
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

  /** Cancels a job, as somebody besides Pulumi may, and waits until it has ended. */
  async cancel(jobId: unknown): Promise<void> {
    await this.client.jobs.cancel(String(jobId));
    await eventually(`the end of job ${jobId}`, async () => isTerminal(await this.statusOf(jobId)), { everyMs: 50 });
  }

  /** What has become of a model. */
  async fateOf(model: unknown): Promise<"stands" | "archived" | "gone"> {
    try {
      return (await this.client.models.get(String(model))).archived ? "archived" : "stands";
    } catch (error) {
      if (error instanceof NotFoundError) return "gone";
      throw error;
    }
  }
}
