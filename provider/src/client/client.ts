import { Files } from "./files/files";
import { Http } from "./http/http";
import { Jobs } from "./jobs/jobs";
import { Models } from "./models";
import type { ClientOptions } from "./options";

/**
 * A client of Mistral's fine-tuning API, or of a server that speaks it.
 *
 * @example
 * const client = new MistralClient({ apiKey: process.env.MISTRAL_API_KEY });
 * const file = await client.files.upload({ path: "train.jsonl" });
 * const job = await client.jobs.create({ model: "open-mistral-7b", training_files: [file.id], auto_start: true });
 * const done = await client.jobs.waitUntilComplete(job.id);
 * console.log(done.status, done.fine_tuned_model);
 */
export class MistralClient {
  /** The server's address: no trailing slash, no `/v1`. */
  readonly baseUrl: string;
  readonly jobs: Jobs;
  readonly files: Files;
  readonly models: Models;

  /**
   * Opens no connection. The first call reports a missing key, so a client can be constructed before the key is available.
   *
   * @throws {InvalidBaseUrlError | InvalidApiKeyError | InvalidArgumentError} an option is invalid
   */
  constructor(options: ClientOptions = {}) {
    const http = new Http(options);
    this.baseUrl = http.baseUrl;
    this.jobs = new Jobs(http);
    this.files = new Files(http);
    this.models = new Models(http);
  }
}
