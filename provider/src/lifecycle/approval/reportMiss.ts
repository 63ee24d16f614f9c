import type { ApprovalInputs } from "../../schema/approval";
import { pulumiErrorText } from "../connection/advice";
import { briefly } from "../connection/briefly";
import { capabilitiesOf } from "../connection/capabilities";
import type { Connection } from "../connection/connect";
import type { Host } from "../runtime/host";
import { descriptionOf } from "./hold";
import type { Judgement } from "./judgement/judge";
import { missedThresholds } from "./judgement/messages";

/**
 * Tells the server of a miss, which then notifies its webhooks. Does nothing on a server that cannot. A failed request is a warning:
 * the approval does not depend on it.
 */
export async function reportMiss(
  holder: string,
  judgement: Judgement,
  inputs: ApprovalInputs,
  { client }: Connection,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  try {
    await briefly(signal, async (options) => {
      if (!(await capabilitiesOf(client, options.signal, options)).features.approval_misses) return;
      const { job, model } = judgement;
      const thresholds = missedThresholds(judgement);
      const miss = { job_id: job.id, model, description: descriptionOf(inputs), thresholds };
      await client.holds.reportMiss(holder, miss, options);
    });
  } catch (error) {
    if (signal.aborted) return;
    host.log(
      inputs.__urn,
      `no notification of the miss was sent: ${pulumiErrorText(error)} The approval is not affected.`,
      "warning",
    );
  }
}
