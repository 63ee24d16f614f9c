import { MistralClient } from "../client";
import { InputProblem, pathText } from "../inputs/validate";
import { configSchema } from "../schema/config";
import type { Inputs } from "../schema/inputs";
import type { Host } from "./host";

/** A server, and the client that talks to it. */
export interface Connection {
  client: MistralClient;
  /** Normalised URL of the API. */
  baseUrl: string;
}

/**
 * Resolves the server and the key anew for each operation: from the resource's `connection`, then the stack's config, then
 * the environment. A `connection.baseUrl` gets only its own key: a key from elsewhere belongs to another server.
 */
export async function connect(inputs: Pick<Inputs, "connection">, host: Pick<Host, "config">): Promise<Connection> {
  const { apiKey, baseUrl } = inputs.connection ?? {};
  const config = await readConfig(host);
  const client = new MistralClient({
    ...present({
      apiKey: apiKey ?? (baseUrl === undefined ? (config.apiKey ?? environment("MISTRAL_API_KEY")) : undefined),
      baseUrl: baseUrl ?? config.baseUrl ?? environment("MISTRAL_BASE_URL"),
      maxRetries: config.maxRetries,
      requestTimeoutMs: config.requestTimeout === undefined ? undefined : config.requestTimeout * 1000,
    }),
  });
  return { client, baseUrl: client.baseUrl };
}

async function readConfig(host: Pick<Host, "config">) {
  const get = await host.config();
  const values = Object.fromEntries(Object.keys(configSchema.shape).map((key) => [key, get(key)]));
  const { data, error } = configSchema.safeParse(values);
  const issue = error?.issues[0];
  if (issue) throw new InputProblem(`mistral:${pathText(issue.path)}`, issue.message);
  return data ?? {};
}

/** An empty variable counts as none: CI systems set missing secrets to "". */
const environment = (name: string) => process.env[name] || undefined;

/** Leaves out what is undefined. */
function present<T extends object>(object: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
