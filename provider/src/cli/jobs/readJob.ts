import { type DetailedJob, MissingApiKeyError, type MistralClient, NotFoundError } from "../../client";
import { visibleLine } from "../marks";

/** Reads a job. @throws an error that says what to do, when there is no such job or no key */
export async function readJob(client: MistralClient, id: string): Promise<DetailedJob> {
  const chosen = process.env.MISTRAL_BASE_URL ? "" : " (the default, because MISTRAL_BASE_URL is not set)";
  try {
    return await client.jobs.get(id);
  } catch (error) {
    if (error instanceof MissingApiKeyError) {
      throw new Error(
        `No API key is set for ${client.baseUrl}${chosen}. Set MISTRAL_API_KEY, and MISTRAL_BASE_URL to your server.`,
      );
    }
    if (error instanceof NotFoundError) {
      throw new Error(
        `${client.baseUrl}${chosen} has no job ${visibleLine(id)}. Check the ID, and that MISTRAL_BASE_URL and MISTRAL_API_KEY belong to the job's server and workspace.`,
      );
    }
    throw error;
  }
}

/** How tables and charts name jobs: the first characters of their IDs, as many as distinguish them. */
export function shortIds(ids: readonly string[]): string[] {
  const longest = Math.max(...ids.map((id) => id.length));
  for (let length = 8; length < longest; length++) {
    const short = ids.map((id) => id.slice(0, length));
    if (new Set(short).size === new Set(ids).size) return short.map(visibleLine);
  }
  return ids.map(visibleLine);
}
