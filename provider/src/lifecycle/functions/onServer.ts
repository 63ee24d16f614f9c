import { NotFoundError } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { setMessage, withPulumiAdvice } from "../connection/advice";
import { type Connection, connect } from "../connection/connect";
import { unencryptedWarning } from "../connection/unencrypted";
import type { Host } from "../runtime/host";

/** The part of a host that functions need. */
export type FunctionHost = Parameters<typeof connect>[1] & Pick<Host, "log" | "signal">;

/** Connects to the server of a function call and runs its request. Error messages say what to do under Pulumi. */
export function onServer<T>(
  args: Pick<Inputs, "connection">,
  host: FunctionHost,
  request: (connection: Connection) => Promise<T>,
): Promise<T> {
  return withPulumiAdvice(async () => {
    const connection = await connect(args, host);
    warnOnce(connection.baseUrl, host);
    return request(connection);
  });
}

/** Adds advice to the error of a missing object. */
export async function withNotFoundAdvice<T>(reply: Promise<T>, advice: string): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NotFoundError) setMessage(error, error.messageWith(advice));
    throw error;
  }
}

const warned = new Set<string>();

function warnOnce(baseUrl: string, host: FunctionHost): void {
  const warning = unencryptedWarning(baseUrl);
  if (warning === undefined || warned.has(baseUrl)) return;
  warned.add(baseUrl);
  host.log(undefined, warning, "warning");
}
