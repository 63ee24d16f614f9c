import { withPulumiAdvice } from "../connection/advice";
import { DEFAULT_WAIT_SECONDS, type Deadline, withDeadline } from "../runtime/deadline";
import type { Host } from "../runtime/host";

/** Runs an operation of an approval within its time. @param seconds `customTimeouts` */
export function runApproval<T>(
  seconds: number | undefined,
  host: Host,
  operation: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  return withPulumiAdvice(() =>
    withDeadline(seconds ?? DEFAULT_WAIT_SECONDS, host, async (deadline) => {
      try {
        return await operation(deadline);
      } catch (error) {
        if (!deadline.reason()) throw error;
        throw new Error(`${deadline.reason()} before the approval was recorded: run \`pulumi up\` again`, {
          cause: error,
        });
      }
    }),
  );
}
