import type { z } from "zod";
import type { CheckResult, RawInputs } from "../../lifecycle/check";
import type { PropertyChange } from "../../lifecycle/detailedDiff";
import type { DiffResult } from "../../lifecycle/diff";
import type { Host, Settings } from "../../lifecycle/runtime/host";
import type { ResourceName } from "./names";

/** Who declares a resource: both are part of what the resource is called on a server. */
export interface Owner {
  organization: string;
  urn: string;
}

/**
 * A resource type: its operations on plain properties, and what the hosts must know about it. Both hosts call the same operations, so a
 * host never asks which type it serves.
 */
export interface ResourceType {
  /** The last part of the type's tokens, which the URN of every resource contains. */
  name: ResourceName;
  inputsSchema: z.ZodObject;
  /** Whether `create` and `update` wait for a training, which may take hours. */
  waitsForTraining: boolean;
  check(olds: RawInputs, news: RawInputs, host: Host): Promise<CheckResult>;
  diff(id: string, olds: RawInputs, news: RawInputs, host: Host): DiffResult;
  /** Every changed property, for hosts that can show more than the names of inputs. */
  changedProperties(id: string, olds: RawInputs, news: RawInputs): PropertyChange[];
  create(inputs: RawInputs, host: Host): Promise<{ id: string; outputs: object }>;
  update(id: string, olds: RawInputs, news: RawInputs, host: Host): Promise<object>;
  /** @returns undefined when the resource is gone */
  read(id: string, state: RawInputs, host: Host): Promise<object | undefined>;
  delete(id: string, state: RawInputs, host: Host): Promise<void>;
  /**
   * Reads a resource that is not in the state.
   *
   * @param isImport `pulumi import`; false for the static method `get` of a class
   * @throws when the type cannot be imported
   */
  import(
    id: string,
    owner: Owner,
    host: Host,
    isImport: boolean,
  ): Promise<{ inputs: RawInputs; outputs: object } | undefined>;
  /** The outputs of an operation as a preview knows them, for hosts that can report them. */
  previewOfCreate(inputs: RawInputs, host: Settings): Promise<RawInputs>;
  previewOfUpdate(olds: RawInputs, inputs: RawInputs, host: Settings): Promise<RawInputs>;
}
