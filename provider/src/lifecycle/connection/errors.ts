import { AuthenticationError, InvalidResponseError, isTransient } from "../../client";
import { pulumiErrorText } from "./advice";

/**
 * Whether an error says nothing about the job, only that the API could not be asked this time. A proxy that is in trouble
 * answers with a page of its own, so a reply that is no JSON is one of them.
 */
export const isTemporaryFailure = (error: unknown) => isTransient(error) || error instanceof InvalidResponseError;

/**
 * `refresh` and `destroy` configure the host from the state, so they use the key of the last `up`: a refused key needs to say
 * so (measured: a rotated key fails there until `--run-program` is given).
 *
 * @param ownKey whether the key is the resource's own, which its state holds
 */
export async function withKeyAdvice<T>(operation: Promise<T>, ownKey: boolean): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    const advice = ownKey
      ? "run `pulumi up` with the new connection.apiKey first"
      : "to use the one that is configured now, add --run-program (to `destroy` without --refresh, which does not listen to it)";
    throw new Error(`${pulumiErrorText(error)} Refresh and destroy use the key of the last \`pulumi up\`: ${advice}.`, {
      cause: error,
    });
  }
}
