import { isLoopbackUrl, type MistralClient } from "../../client";
import { briefly } from "../connection/briefly";
import { capabilitiesOf } from "../connection/capabilities";
import { isSameServer } from "../connection/sameServer";
import { cleanName } from "../state/cleanText";
import { shortName } from "../state/limits";
import type { Outputs } from "../state/outputs";

type Credentials = Parameters<typeof cleanName>[1];

/** Returns the URL of a job's page, or undefined when the server has no page. */
export type JobPages = (jobId: string) => string | undefined;

const noPages: JobPages = () => undefined;

/**
 * Asks the server for its page. Sends no request to a server that names no workspace: neither Mistral's API nor release 0.1.0 names
 * one, and neither has a page.
 *
 * @param workspace the workspace that a reply of the server has named
 * @returns undefined when the request fails; never throws, because no job depends on a page
 */
export async function jobPages(
  client: MistralClient,
  workspace: string | undefined,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<JobPages | undefined> {
  if (workspace === undefined) return noPages;
  try {
    const { dashboard_url: base } = await briefly(signal, (options) => capabilitiesOf(client, options.signal, options));
    return base ? (jobId) => jobPage(base, jobId, client.baseUrl, credentials) : noPages;
  } catch {
    return undefined;
  }
}

/**
 * Returns outputs with the URL of the job's page as the server has it now. Keeps the recorded URL when the request fails.
 *
 * @param recorded the state; empty without one
 */
export async function withDashboard(
  outputs: Outputs,
  recorded: Recorded,
  client: MistralClient,
  signal: AbortSignal,
): Promise<Outputs> {
  const { dashboardUrl: _, ...rest } = outputs;
  const pages = await jobPages(client, outputs.__workspace, outputs, signal);
  return { ...rest, ...dashboardOutput(pages ? pages(outputs.jobId) : recordedPage(recorded, client.baseUrl)) };
}

type Recorded = Partial<Pick<Outputs, "baseUrl" | "dashboardUrl">>;

/** Returns the recorded URL of the job's page, unless it is the page of another server. */
export const recordedPage = (recorded: Recorded, baseUrl: string): string | undefined =>
  isSameServer(recorded, baseUrl) ? recorded.dashboardUrl : undefined;

/** A host cannot serialize undefined values. */
export const dashboardOutput = (dashboardUrl: string | undefined): Pick<Outputs, "dashboardUrl"> =>
  dashboardUrl === undefined ? {} : { dashboardUrl };

/**
 * The URL is printed, and somebody opens it: only http(s) without credentials and without a query, which may contain a token.
 * Behind a proxy, a server without `--public-url` only knows the URL that the proxy uses: a page without https, or on the proxy's
 * own machine, is not one that the user can open.
 */
function jobPage(base: string, jobId: string, baseUrl: string, credentials: Credentials): string | undefined {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  if (baseUrl.startsWith("https:") && url.protocol !== "https:") return undefined;
  if (isLoopbackUrl(base) && !isLoopbackUrl(baseUrl)) return undefined;
  const page = `${url.origin}${url.pathname.replace(/\/$/, "")}/jobs/${encodeURIComponent(jobId)}`;
  return shortName(cleanName(page, credentials));
}
