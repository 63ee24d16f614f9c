import type { Model } from "../../client";
import type { FunctionArgs, FunctionResult } from "../../schema/functions";
import type { Inputs } from "../../schema/inputs";
import { cleanName } from "../state/cleanText";
import { LONGEST_NAME } from "../state/limits";
import { isoTime } from "../state/outputs";
import { withoutSecrets } from "../state/redaction";
import { type FunctionHost, onServer, withNotFoundAdvice } from "./onServer";

type ModelResult = FunctionResult<"getModel">;

/** A hostile server must not fill the program's memory and the engine's messages. */
const MOST_ENTRIES = 1_000;

/** @throws NotFoundError when the model does not exist on the server */
export async function getModel(
  { modelId, connection }: FunctionArgs<"getModel">,
  host: FunctionHost,
): Promise<ModelResult> {
  return onServer({ connection }, host, async ({ client, baseUrl }) => {
    const model = await withNotFoundAdvice(
      client.models.get(modelId, { signal: host.signal }),
      `Check modelId, and that ${baseUrl} is the server of the model. A fine-tuned model exists once its job has succeeded, until it is deleted.`,
    );
    return toResult(model, baseUrl, { connection });
  });
}

function toResult(model: Model, baseUrl: string, args: Pick<Inputs, "connection">): ModelResult {
  const clean = (text: string) => cleanName(text.slice(0, LONGEST_NAME), args);
  const optional = (text: string | undefined) => (text ? clean(text) : undefined);
  const capabilities = Object.entries(model.capabilities ?? {})
    .filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean")
    .slice(0, MOST_ENTRIES)
    .map(([name, value]) => [clean(name), value]);
  const result: ModelResult = {
    modelId: model.id,
    name: optional(model.name),
    description: optional(model.description),
    archived: model.archived === true,
    baseModel: optional(model.root),
    jobId: optional(model.job),
    modelType: optional(model.model_type),
    createdAt: isoTime(model.created),
    maxContextLength: model.max_context_length,
    aliases: (model.aliases ?? []).slice(0, MOST_ENTRIES).map(clean),
    capabilities: Object.fromEntries(capabilities),
    baseUrl,
  };
  // The JSON round trip drops undefined values, which a host cannot serialize.
  return JSON.parse(withoutSecrets(JSON.stringify(result), args));
}
