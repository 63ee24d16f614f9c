import { isTerminal, type MistralClient } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import type { Outputs } from "../state/outputs";
import { jobPages, recordedPage } from "./dashboard";

/** Milliseconds between two requests while they fail. */
const ASK_EVERY_MS = 60_000;

/** The link to a job's page during a wait. */
export class PageLink {
  /** The URL as known now; undefined if the server has no page, or has not answered. */
  url: string | undefined;
  private isAnswered = false;
  private askedAt: number | undefined;
  private printed: string | undefined;

  /** @param known the outputs before the wait */
  constructor(
    private readonly known: Outputs,
    private readonly inputs: Inputs,
    private readonly client: MistralClient,
    private readonly host: Host,
  ) {
    this.url = recordedPage(known, client.baseUrl);
  }

  /**
   * Asks the server until it answers, at most once a minute, and prints the link. Also prints it for a short job that has ended
   * before the first poll, so that the output does not depend on timing.
   *
   * @param workspace as in `jobPages`
   */
  async update(workspace: string | undefined, signal: AbortSignal): Promise<void> {
    const { known, inputs, client, host } = this;
    if (this.isAnswered || (this.askedAt !== undefined && host.clock.now() - this.askedAt < ASK_EVERY_MS)) return;
    const pages = await jobPages(client, workspace, inputs, signal);
    this.askedAt = host.clock.now();
    this.isAnswered = pages !== undefined;
    if (pages) this.url = pages(known.jobId);
    if (this.url === undefined || this.url === this.printed || isTerminal(known.status)) return;
    this.printed = this.url;
    host.log(inputs.__urn, `watch the job at ${this.url}`, "milestone");
  }
}
