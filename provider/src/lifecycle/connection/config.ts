import type { z } from "zod";
import { InputProblem, pathText } from "../../inputs/problem";
import { inputMessage } from "../../inputs/validation/messages";
import { configSchema } from "../../schema/config";
import type { Settings } from "../runtime/host";

/** The config keys of a connection. Without `prices`: an invalid price must not block `delete`. */
const connectionSchema = configSchema.omit({ prices: true });
const pricesSchema = configSchema.pick({ prices: true });
export type ConnectionConfig = z.output<typeof connectionSchema>;

export const connectionConfig = (host: Pick<Settings, "config">) => read(host, connectionSchema);
export const pricesConfig = (host: Pick<Settings, "config">) => read(host, pricesSchema);

/** @throws InputProblem naming the config key with the invalid value */
async function read<Schema extends z.ZodObject>(
  host: Pick<Settings, "config">,
  schema: Schema,
): Promise<z.output<Schema>> {
  const get = await host.config();
  const values = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, get(key)]));
  const result = schema.safeParse(values, { error: inputMessage });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InputProblem(`mistral:${pathText(issue?.path ?? [])}`, issue?.message ?? "");
}
