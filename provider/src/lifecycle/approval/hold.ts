import { visibleText } from "#common";
import { type Hold, NotFoundError } from "../../client";
import type { ApprovalInputs } from "../../schema/approval";
import { capabilitiesOf } from "../connection/capabilities";
import type { Connection } from "../connection/connect";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";

/**
 * Has the server hold models, so that deleting their jobs neither archives nor deletes them. Replaces what the holder has held.
 *
 * @param models the approved model, and the one approved before; undefined entries are ignored
 * @returns the models that exist
 * @throws when the first model does not exist
 */
export async function holdModels(
  holder: string,
  models: readonly (string | undefined)[],
  inputs: ApprovalInputs,
  { client, baseUrl }: Connection,
  host: Host,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = [...new Set(models.filter((model) => model !== undefined))];
  const exists = async (model: string) =>
    (await undefinedIfNotFound(client.models.get(model, { signal }))) !== undefined;
  if (!(await capabilitiesOf(client, signal)).features.holds) {
    const [model = ""] = wanted;
    if (!(await exists(model))) throw new Error(goneText(model, baseUrl));
    host.log(inputs.__urn, unheldText(baseUrl), "warning");
    return wanted;
  }
  const put = (held: string[]) => client.holds.put(holder, held, descriptionOf(inputs), { signal });
  try {
    await put(wanted);
    return wanted;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    // A model that was not held could be deleted: the approval may be older than the server's holds.
    const existing: string[] = [];
    for (const model of wanted) if (await exists(model)) existing.push(model);
    if (existing[0] !== wanted[0]) throw new Error(goneText(wanted[0] ?? "", baseUrl), { cause: error });
    await put(existing);
    return existing;
  }
}

/**
 * Returns what the holder of a new approval holds. A killed `create`, or the entry that this one replaces (`up --replace`), has the same
 * hold.
 *
 * @throws when the hold belongs to another approval, which had this one's name when it was created: taking it over would release the
 * other one's models
 */
export async function ownHold(
  holder: string,
  inputs: ApprovalInputs,
  { client, baseUrl }: Connection,
  signal: AbortSignal,
): Promise<string[]> {
  if (!(await capabilitiesOf(client, signal)).features.holds) return [];
  const hold = await undefinedIfNotFound(client.holds.get(holder, { signal }));
  if (hold === undefined) return [];
  if (hold.description !== descriptionOf(inputs)) throw new Error(foreignText(holder, hold, baseUrl));
  return hold.models;
}

/** Returns what the holder holds. @returns none on a server without holds */
export async function heldModels(holder: string, { client }: Connection, signal: AbortSignal): Promise<string[]> {
  if (!(await capabilitiesOf(client, signal)).features.holds) return [];
  return (await undefinedIfNotFound(client.holds.get(holder, { signal })))?.models ?? [];
}

/** What whoever deletes a held model sees. */
export function descriptionOf({ __urn = "" }: Pick<ApprovalInputs, "__urn">): string {
  const [, , stack, , project] = __urn.split(":");
  return `approval ${__urn.slice(__urn.lastIndexOf("::") + 2)} of stack ${project}/${stack}`.slice(0, 200);
}

const goneText = (model: string, baseUrl: string) =>
  `model ${model} does not exist on ${baseUrl}: it was deleted outside of Pulumi, so it cannot be approved`;

const foreignText = (holder: string, { description = "another approval" }: Hold, baseUrl: string) =>
  `the hold ${holder} on ${baseUrl} belongs to ${visibleText(description)}, which had the name of this approval when it was created. Give this approval another name; if the other one no longer exists, end the hold with the client: client.holds.delete("${holder}")`;

const unheldText = (baseUrl: string) =>
  `${baseUrl} cannot hold models: set modelDeletionPolicy "retain" on the job, or replacing the job archives or deletes the approved model while deployments still use it`;
