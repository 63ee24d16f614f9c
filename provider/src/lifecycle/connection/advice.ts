import {
  AuthenticationError,
  ConnectionError,
  InvalidBaseUrlError,
  MissingApiKeyError,
  MistralError,
  RequestTimeoutError,
  TrainingRetiredError,
  WorkspaceMismatchError,
} from "../../client";

const SET_KEY = "as connection.apiKey, mistral:apiKey or MISTRAL_API_KEY";
const URL_SETTINGS = "(mistral:baseUrl, MISTRAL_BASE_URL)";

/** Returns the error's text with advice for Pulumi users. The client does not know where Pulumi's options come from. */
export function pulumiErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const advice = error instanceof MistralError ? pulumiAdvice(error) : undefined;
  return advice === undefined ? error.message : (error as MistralError).messageWith(advice);
}

/** Runs an operation and rethrows client errors with the text of `pulumiErrorText`. */
export async function withPulumiAdvice<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof MistralError) setMessage(error, pulumiErrorText(error));
    throw error;
  }
}

/** Replaces the message, also in the stack: Node.js prints the stack of an error that a program does not handle. */
export function setMessage(error: Error, text: string): void {
  const { message } = error;
  error.message = text;
  if (error.stack) error.stack = error.stack.replace(message, () => text);
}

/** @returns undefined when the client's own advice also applies under Pulumi */
function pulumiAdvice(error: MistralError): string | undefined {
  if (error instanceof MissingApiKeyError) {
    return `Set connection.apiKey on the resource, the stack's config ("pulumi config set --secret mistral:apiKey"), or the environment variable MISTRAL_API_KEY.`;
  }
  if (error instanceof AuthenticationError) {
    return `The API key is wrong, expired or for another server. Set a valid key ${SET_KEY}.`;
  }
  if (error instanceof WorkspaceMismatchError) {
    return `Set a key of workspace "${error.expectedWorkspace}" (${SET_KEY}). The state is unchanged. If the object no longer exists there, run \`pulumi state delete\`.`;
  }
  if (error instanceof TrainingRetiredError) {
    return `Mistral's hosted service ended training in 2026. It still serves files and existing models. To train, set "mistral:baseUrl" (or MISTRAL_BASE_URL) to a self-hosted server that speaks this API: "npx mistral-fine-tuning-server" starts one.`;
  }
  if (error instanceof InvalidBaseUrlError && error.hasCredentials) {
    return `Remove them from the URL, and set the API key ${SET_KEY}.`;
  }
  if (error instanceof RequestTimeoutError) {
    return "Try again, or allow more time (mistral:requestTimeout, in seconds).";
  }
  if (error instanceof ConnectionError && error.proxy === undefined) return connectionAdvice(error.reason);
  return undefined;
}

function connectionAdvice(reason: string): string | undefined {
  switch (reason) {
    case "ECONNREFUSED":
      return `Check that the server is running and that the port is correct ${URL_SETTINGS}.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `Check the host name for typos ${URL_SETTINGS}, and this machine's DNS and network.`;
    default:
      return undefined;
  }
}
