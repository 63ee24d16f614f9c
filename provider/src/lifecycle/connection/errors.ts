import { AuthenticationError, InvalidResponseError, isTransient, WorkspaceMismatchError } from "../../client";
import { pulumiErrorText } from "./advice";

/**
 * Whether an error only means that the API was unavailable, and says nothing about the job. This includes replies that are not
 * JSON: a failing proxy answers with its own error page.
 */
export const isTemporaryFailure = (error: unknown) => isTransient(error) || error instanceof InvalidResponseError;

/**
 * Runs an operation of `refresh` or `destroy`, and adds advice when the server rejects the key, or the key belongs to another workspace. Both commands configure the
 * host from the state and use the key of the last `up` (measured: a rotated key fails until `--run-program` is given).
 *
 * @param ownKey whether the key comes from the resource's `connection`, which is in its state
 */
export async function withKeyAdvice<T>(operation: Promise<T>, ownKey: boolean): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof AuthenticationError || error instanceof WorkspaceMismatchError)) throw error;
    const advice = ownKey
      ? "run `pulumi up` with the new connection.apiKey first"
      : "to use the current config, add --run-program (`destroy --refresh` ignores --run-program, so omit --refresh)";
    throw new Error(`${pulumiErrorText(error)} Refresh and destroy use the key of the last \`pulumi up\`: ${advice}.`, {
      cause: error,
    });
  }
}
