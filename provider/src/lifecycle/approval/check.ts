import { createHash } from "node:crypto";
import { collectProblem, InputProblem } from "../../inputs/problem";
import { timeoutsInSeconds } from "../../inputs/timeouts";
import { hasUnknown, UNKNOWN } from "../../inputs/unknowns";
import { schemaProblems } from "../../inputs/validation/validate";
import { type ApprovalInputs, approvalInputsSchema, thresholdNames } from "../../schema/approval";
import type { CheckResult, RawInputs } from "../check";
import { capabilitiesOf } from "../connection/capabilities";
import { type Connection, connect } from "../connection/connect";
import { unencryptedWarning } from "../connection/unencrypted";
import type { Host } from "../runtime/host";
import { changedInputs } from "./diff";
import { unmeasurable } from "./judgement/figures/unmeasurable";

/**
 * Validates the inputs of an approval, and adds the name of its hold. Reports what would make the approval impossible before a job is
 * trained: an only job without validation data, and thresholds whose figures the server cannot measure.
 */
export async function checkApproval(olds: RawInputs, news: RawInputs, host: Host): Promise<CheckResult> {
  const { __urn, __organization, __timeouts, __holder, ...inputs } = news;
  const urn = __urn as string | undefined;
  host.session.recordCheck(urn);
  const problems = schemaProblems(approvalInputsSchema, inputs);
  if (problems.length === 0) problems.push(...thresholdProblems(inputs));
  const custom = (__timeouts ?? {}) as Record<string, unknown>;
  const timeouts = (await collectProblem(problems, () => timeoutsInSeconds(custom))) ?? {};
  if (problems.length === 0) problems.push(...untrainedProblems(inputs, host));
  const connection =
    problems.length === 0 && !hasUnknown(inputs.connection)
      ? await collectProblem(problems, () => connect(inputs as Pick<ApprovalInputs, "connection">, host))
      : undefined;
  const unencrypted = connection && unencryptedWarning(connection.baseUrl);
  if (unencrypted) host.log(urn, unencrypted, "warning");
  if (connection && problems.length === 0 && changedInputs(olds, inputs).length > 0) {
    problems.push(...(await serverProblems(inputs, connection, host)));
  }
  return {
    inputs: {
      ...inputs,
      ...(urn !== undefined && { __urn: urn }),
      ...(Object.keys(timeouts).length > 0 && { __timeouts: timeouts }),
      // A rename with an alias or a renamed stack changes the URN, but not the hold.
      __holder: olds.__holder ?? holderOf(String(__organization ?? ""), urn ?? ""),
    },
    problems: problems.map(({ message }) => message),
  };
}

/** Returns the name of the hold: the same in every process, so that a later run finds the hold of a killed one. */
const holderOf = (organization: string, urn: string) =>
  `approval-${createHash("sha256")
    .update(organization + urn)
    .digest("hex")
    .slice(0, 16)}`;

function thresholdProblems(inputs: RawInputs): InputProblem[] {
  if (thresholdNames.every((name) => inputs[name] === undefined)) {
    return [new InputProblem("", `expected at least one threshold: ${thresholdNames.join(", ")}`)];
  }
  if (inputs.baselineModel !== undefined && inputs.minImprovement === undefined) {
    return [
      new InputProblem(
        "baselineModel",
        "expected minImprovement too: 0 requires that the model is not worse than the baseline",
      ),
    ];
  }
  return [];
}

/**
 * While the job's ID is unknown, the job is not trained yet: a job without validation data has no figures afterwards. With several jobs,
 * or jobs of another process, nothing tells which one the approval judges.
 */
function untrainedProblems({ jobId }: RawInputs, host: Host): InputProblem[] {
  const urn = jobId === UNKNOWN ? host.session.onlyJobWithoutValidationData() : undefined;
  if (urn === undefined) return [];
  return [
    new InputProblem(
      "jobId",
      `the job ${urn.slice(urn.lastIndexOf("::") + 2)} has no validationFiles: without validation data, there are no figures to judge. Set validationFiles`,
    ),
  ];
}

/** A preview also works without the server, so a server that does not answer causes no problem here. */
async function serverProblems(inputs: RawInputs, { client, baseUrl }: Connection, host: Host): Promise<InputProblem[]> {
  const capabilities = await capabilitiesOf(client, host.signal).catch(() => undefined);
  return capabilities === undefined ? [] : unmeasurable(inputs, capabilities, baseUrl);
}
