import { z } from "zod";
import { UsageError } from "../../domain/errors";

const headers = z.record(z.string(), z.string());

/** Parses the URL of a cluster's dashboard. @returns the URL without a trailing slash. @throws {UsageError} */
export function rayAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new UsageError(`--ray-address takes the URL of Ray's dashboard, such as http://127.0.0.1:8265, not ${text}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      "--ray-address must not contain a password, which other users of this machine could see. Set RAY_JOB_HEADERS instead",
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** Reads the request headers from the environment variables that Ray's own command line uses. @throws {UsageError} */
export function rayHeaders({ RAY_AUTH_TOKEN, RAY_JOB_HEADERS }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(RAY_AUTH_TOKEN && { authorization: `Bearer ${RAY_AUTH_TOKEN.trim()}` }),
    ...(RAY_JOB_HEADERS && parseHeaders(RAY_JOB_HEADERS)),
  };
}

function parseHeaders(text: string): Record<string, string> {
  try {
    const parsed = headers.parse(JSON.parse(text));
    return Object.fromEntries(new Headers(parsed));
  } catch {
    // Omit the parse error: it could contain a secret.
    throw new UsageError(`RAY_JOB_HEADERS must be a JSON object of strings, such as {"Authorization": "Bearer …"}`);
  }
}
