import { check } from "../../lifecycle/check";
import { create } from "../../lifecycle/create";
import { remove } from "../../lifecycle/delete";
import { changedProperties, diff } from "../../lifecycle/diff";
import { importJob } from "../../lifecycle/importJob";
import { read } from "../../lifecycle/read";
import type { Outputs } from "../../lifecycle/state/outputs";
import { update } from "../../lifecycle/update";
import { type Inputs, inputsSchema } from "../../schema/inputs";
import { previewOfCreate, previewOfUpdate } from "./jobPreview";
import type { ResourceType } from "./resourceType";

export const fineTuningJob: ResourceType = {
  name: "FineTuningJob",
  inputsSchema,
  waitsForTraining: true,
  check,
  diff,
  changedProperties,
  create: (inputs, host) => create(inputs as Inputs, host),
  update: (id, olds, news, host) => update(id, olds as Outputs, news as Inputs, host),
  read: (id, state, host) => read(id, state as Outputs, host),
  delete: (id, state, host) => remove(id, state as Outputs, host),
  import: (id, owner, host, isImport) => importJob(id, owner, host, { hashFiles: isImport }),
  previewOfCreate: (inputs, host) => previewOfCreate(inputs as Inputs, host),
  previewOfUpdate: (olds, inputs, host) => previewOfUpdate(olds as Outputs, inputs as Inputs, host),
};
