import { stringify } from "safe-stable-stringify";
import { hasSucceeded } from "#common";
import type { Outputs } from "./state/outputs";

/** A changed property, for hosts that can show more than names. The old value is in the state's outputs, the new one in the inputs. */
export interface PropertyChange {
  /** Pulumi's notation: `trainingFiles[0].sha256`. */
  path: string;
  kind: "add" | "delete" | "update";
  /** The change requires a replacement. */
  replaces: boolean;
}

/** Returns the changes below one property, each at the deepest path that differs. */
export function changesOf(name: string, old: unknown, now: unknown, replaces: boolean): PropertyChange[] {
  if (stringify(old) === stringify(now)) return [];
  if (old === undefined) return [{ path: name, kind: "add", replaces }];
  if (now === undefined) return [{ path: name, kind: "delete", replaces }];
  if (Array.isArray(old) && Array.isArray(now)) {
    return Array.from({ length: Math.max(old.length, now.length) }, (_, index) => index).flatMap((index) =>
      changesOf(`${name}[${index}]`, old[index], now[index], replaces),
    );
  }
  if (isPlainObject(old) && isPlainObject(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
      changesOf(`${name}${keyText(key)}`, old[key], now[key], replaces),
    );
  }
  return [{ path: name, kind: "update", replaces }];
}

/** Returns the outputs that show why the job has not reached the declared state: its status, or its model. */
export function unsettledOutputs({ status = "", fineTunedModel, modelArchived }: Partial<Outputs>): PropertyChange[] {
  if (!hasSucceeded(status)) return [{ path: "status", kind: "update", replaces: false }];
  if (modelArchived) return [{ path: "modelArchived", kind: "delete", replaces: false }];
  return fineTunedModel === undefined ? [{ path: "fineTunedModel", kind: "add", replaces: false }] : [];
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keyText = (key: string) => (/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
