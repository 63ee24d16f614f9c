import { stringify } from "safe-stable-stringify";
import { approvalInputsSchema } from "../../schema/approval";
import type { RawInputs } from "../check";
import { changesOf, type PropertyChange } from "../detailedDiff";
import type { DiffResult } from "../diff";
import type { Host } from "../runtime/host";
import { descriptionOf } from "./hold";

const inputNames = Object.keys(approvalInputsSchema.shape);

/** Returns the names of the inputs that differ. */
export const changedInputs = (olds: RawInputs, news: RawInputs): string[] =>
  inputNames.filter((name) => stringify(olds[name]) !== stringify(news[name]));

/** Compares the state with the inputs. Every change judges again, except of the name; none replaces the approval, because its model must stay held. */
export function diffApproval(id: string, olds: RawInputs, news: RawInputs, host: Host): DiffResult {
  host.session.recordKeptByDiff(id, news.__urn as string | undefined);
  // Whoever is about to delete a held model sees the name. It also tells this hold from that of a new approval with the old name.
  const isRenamed = olds.__urn !== undefined && news.__urn !== undefined && descriptionOf(olds) !== descriptionOf(news);
  return { changes: isRenamed || changedInputs(olds, news).length > 0, replaces: [] };
}

export const changedProperties = (_id: string, olds: RawInputs, news: RawInputs): PropertyChange[] =>
  inputNames.flatMap((name) => changesOf(name, olds[name], news[name], false));
