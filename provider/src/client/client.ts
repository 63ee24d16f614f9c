import { askCapabilities } from "./capabilities";
import { Evaluations } from "./evaluations";
import { Files } from "./files/files";
import { Holds } from "./holds";
import { Http } from "./http/http";
import { Jobs } from "./jobs/jobs";
import { Models } from "./models";
import type { ClientOptions, RequestOptions } from "./options";
import type { Capabilities } from "./types.generated";

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
  readonly holds: Holds;
  readonly evaluations: Evaluations;
  private readonly askCapabilities: (options?: RequestOptions) => Promise<Capabilities>;

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
    this.holds = new Holds(http);
    this.evaluations = new Evaluations(http);
    this.askCapabilities = (options) => askCapabilities(http, options);
  }

  /**
   * Returns what the server can do beyond Mistral's API. On a server without this endpoint, such as Mistral's, every feature is false.
   *
   * @example
   * const { features } = await client.capabilities();
   * if (features.holds) await client.holds.put("deploy-prod", [model.id], "used by the stack prod");
   */
  async capabilities(options?: RequestOptions): Promise<Capabilities> {
    return this.askCapabilities(options);
  }
}
