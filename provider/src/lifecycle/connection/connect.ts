import {
  type ClientOptions,
  InvalidApiKeyError,
  InvalidArgumentError,
  InvalidBaseUrlError,
  MistralClient,
} from "../../client";
import { InputProblem } from "../../inputs/problem";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { type ConnectionConfig, connectionConfig } from "./config";

/** A server, and the client that talks to it. */
export interface Connection {
  client: MistralClient;
  /** Normalised URL of the API. */
  baseUrl: string;
}

/**
 * Resolves the server and the key anew for each operation: from the resource's `connection`, then the stack's config, then
 * the environment. A `connection.baseUrl` gets only its own key: a key from elsewhere belongs to another server.
 *
 * @throws InputProblem naming the place whose value cannot be used
 */
export async function connect(inputs: Pick<Inputs, "connection">, host: Pick<Host, "config">): Promise<Connection> {
  const { connection = {} } = inputs;
  const config = await connectionConfig(host);
  const ownKey: Candidate = ["connection.apiKey", connection.apiKey];
  const apiKey = firstOf(
    ownKey,
    ...(connection.baseUrl === undefined ? candidates("apiKey", config, "MISTRAL_API_KEY") : []),
  );
  const baseUrl = firstOf(
    ["connection.baseUrl", connection.baseUrl],
    ...candidates("baseUrl", config, "MISTRAL_BASE_URL"),
  );
  try {
    const client = clientWith({
      apiKey: apiKey.value,
      baseUrl: baseUrl.value,
      maxRetries: config.maxRetries,
      requestTimeoutMs: config.requestTimeout === undefined ? undefined : config.requestTimeout * 1000,
    });
    return { client, baseUrl: client.baseUrl };
  } catch (error) {
    if (error instanceof InvalidApiKeyError) throw new InputProblem(apiKey.name, error.message);
    if (error instanceof InvalidBaseUrlError) throw new InputProblem(baseUrl.name, error.message);
    if (error instanceof InvalidArgumentError) throw new InputProblem("mistral:requestTimeout", error.message);
    throw error;
  }
}

const clients = new Map<string, MistralClient>();

/** One client for the same server and key, by which the waits for its jobs find each other. */
function clientWith(options: ClientOptions): MistralClient {
  const key = JSON.stringify(options);
  const client = clients.get(key) ?? new MistralClient(options);
  clients.set(key, client);
  return client;
}

/** Where a value may come from, and what stands there. */
type Candidate = [name: string, value: string | undefined];

/** An empty variable counts as none: CI systems set missing secrets to "". */
const candidates = (key: "apiKey" | "baseUrl", config: ConnectionConfig, variable: string): Candidate[] => [
  [`mistral:${key}`, config[key]],
  [variable, process.env[variable] || undefined],
];

function firstOf(...all: Candidate[]): { name: string; value: string | undefined } {
  const [name = "", value] = all.find((candidate) => candidate[1] !== undefined) ?? [];
  return { name, value };
}
