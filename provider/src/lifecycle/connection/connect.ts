import {
  type ClientOptions,
  InvalidApiKeyError,
  InvalidArgumentError,
  InvalidBaseUrlError,
  MistralClient,
} from "../../client";
import { DEFAULT_WORKSPACE } from "../../client/http/workspace";
import { InputProblem } from "../../inputs/problem";
import type { Inputs } from "../../schema/inputs";
import type { Settings } from "../runtime/host";
import type { Outputs } from "../state/outputs";
import { pulumiErrorText } from "./advice";
import { type ConnectionConfig, connectionConfig } from "./config";
import { rememberKey } from "./knownKeys";
import { isSameServer } from "./sameServer";

/** A server and its client. */
export interface Connection {
  client: MistralClient;
  /** Normalised base URL of the API. */
  baseUrl: string;
}

/**
 * Resolves the server and the API key for one operation: from the resource's `connection`, then the stack's config, then the
 * environment. A `connection.baseUrl` is only used with `connection.apiKey`: any other key belongs to another server.
 *
 * @param recorded the state of the resource, if there is one. If the server has the recorded job, the client reports a 404
 * for another workspace as a `WorkspaceMismatchError`, so that no other workspace makes the job or its model seem gone.
 * @throws InputProblem naming the setting with the invalid value
 */
export async function connect(
  inputs: Pick<Inputs, "connection">,
  host: Settings,
  recorded: Pick<Partial<Outputs>, "baseUrl" | "__workspace"> = {},
): Promise<Connection> {
  const { connection = {} } = inputs;
  const config = await connectionConfig(host);
  const ownKey: Setting = ["connection.apiKey", connection.apiKey];
  const apiKey = firstSet(
    ownKey,
    ...(connection.baseUrl === undefined ? configuredSettings("apiKey", config, "MISTRAL_API_KEY", host) : []),
  );
  const baseUrl = firstSet(
    ["connection.baseUrl", connection.baseUrl],
    ...configuredSettings("baseUrl", config, "MISTRAL_BASE_URL", host),
  );
  rememberKey(apiKey.value);
  try {
    const options = {
      apiKey: apiKey.value,
      baseUrl: baseUrl.value,
      maxRetries: config.maxRetries,
      requestTimeoutMs: config.requestTimeout === undefined ? undefined : config.requestTimeout * 1000,
    };
    const client = sharedClient(options);
    const isRecorded = recorded.baseUrl !== undefined && isSameServer(recorded, client.baseUrl);
    return {
      client: isRecorded ? sharedClient({ ...options, workspace: recorded.__workspace ?? DEFAULT_WORKSPACE }) : client,
      baseUrl: client.baseUrl,
    };
  } catch (error) {
    if (error instanceof InvalidApiKeyError) throw new InputProblem(apiKey.name, pulumiErrorText(error));
    if (error instanceof InvalidBaseUrlError) throw new InputProblem(baseUrl.name, pulumiErrorText(error));
    if (error instanceof InvalidArgumentError) throw new InputProblem("mistral:requestTimeout", pulumiErrorText(error));
    throw error;
  }
}

const clients = new Map<string, MistralClient>();

/** Returns one client per server and key, so that all waits for jobs on that server share one poller. */
function sharedClient(options: ClientOptions): MistralClient {
  const key = JSON.stringify(options);
  const client = clients.get(key) ?? new MistralClient(options);
  clients.set(key, client);
  return client;
}

/** A possible source of a value, and its value. */
type Setting = [name: string, value: string | undefined];

const configuredSettings = (
  key: "apiKey" | "baseUrl",
  config: ConnectionConfig,
  variable: string,
  host: Settings,
): Setting[] => [
  [`mistral:${key}`, config[key]],
  [variable, host.environment(variable)],
];

function firstSet(...all: Setting[]): { name: string; value: string | undefined } {
  const [name = "", value] = all.find((setting) => setting[1] !== undefined) ?? [];
  return { name, value };
}
