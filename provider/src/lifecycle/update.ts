import type { Inputs } from "../schema/inputs";
import { connect } from "./connection";
import { converge } from "./converge";
import type { Host } from "./host";
import type { Outputs } from "./outputs";

const DAY_SECONDS = 86_400;

/**
 * Takes an unfinished job further and changes in place what can be: the wait goes on where it was interrupted, a job that
 * rested is started, the model gets its new name. A failed job throws its reason again, until the declaration changes.
 *
 * @throws InitError
 */
export async function update(id: string, olds: Outputs, news: Inputs, host: Host): Promise<Outputs> {
  host.session.returned(id);
  const connection = await connect(news, host);
  const known = { ...olds, ...news, jobId: id };
  return converge(known, news, connection, host, news.__timeouts?.update ?? DAY_SECONDS);
}
