import { AbortedError, type Capabilities, type MistralClient, type RequestOptions } from "../../client";

/** By base URL: the capabilities of a server do not depend on the key. */
const asked = new Map<string, Promise<Capabilities>>();

/**
 * Returns what the server can do. Asks each server once per process. A failed request is not remembered.
 *
 * @throws {AbortedError} when `signal` aborts, also while another operation's request is pending
 */
export async function capabilitiesOf(
  client: MistralClient,
  signal: AbortSignal,
  options: Pick<RequestOptions, "maxRetries" | "timeoutMs"> = {},
): Promise<Capabilities> {
  const { baseUrl } = client;
  const earlier = asked.get(baseUrl);
  if (earlier !== undefined) {
    // Another operation, which may have been aborted, sent this request: its error is not the answer for this one.
    const known = await orAborted(
      earlier.catch(() => undefined),
      signal,
      baseUrl,
    );
    if (known !== undefined) return known;
  }
  const reply = client.capabilities({ ...options, signal });
  asked.set(baseUrl, reply);
  try {
    return await reply;
  } catch (error) {
    if (asked.get(baseUrl) === reply) asked.delete(baseUrl);
    throw error;
  }
}

/** Waits for a request with another signal, until this signal aborts. */
function orAborted<T>(answer: Promise<T>, signal: AbortSignal, baseUrl: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AbortedError(`The request for the capabilities of ${baseUrl} was aborted.`));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
