import { inputMessage } from "../inputs/messages";
import { InputProblem, pathText } from "../inputs/problem";
import { type Config, configSchema } from "../schema/config";
import type { Host } from "./host";

/** @throws InputProblem naming the key whose value cannot be used */
export async function readConfig(host: Pick<Host, "config">): Promise<Config> {
  const get = await host.config();
  const values = Object.fromEntries(Object.keys(configSchema.shape).map((key) => [key, get(key)]));
  const { data, error } = configSchema.safeParse(values, { error: inputMessage });
  const issue = error?.issues[0];
  if (issue) throw new InputProblem(`mistral:${pathText(issue.path)}`, issue.message);
  return data ?? {};
}
