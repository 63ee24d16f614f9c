import { providerFunctions, providerSchemas, referenced, type Schema } from "./source";
import { table, text } from "./tables";

/** A section for each function: its description, its arguments and its result. */
export function functionReference(): string {
  return providerFunctions.functions
    .map(({ name, description, args, result }) =>
      [`### \`${name}\``, description, fieldTable("Argument", args), resultText(result)].join("\n\n"),
    )
    .join("\n\n");
}

/** The result of a job repeats the outputs of the resource, so only its other fields are listed. */
function resultText(result: Schema): string {
  const schema = resolved(result);
  if (referenced(result) !== "FineTuningJobResult") return fieldTable("Result", schema);
  const own = Object.entries(schema.properties ?? {}).filter(
    ([name]) => !(name in providerSchemas.fineTuningJob.outputs),
  );
  const fields = fieldTable("Result", { ...schema, properties: Object.fromEntries(own) });
  return `${fields}\n\nThe result also has the [outputs](#outputs) of a \`FineTuningJob\`, without \`modelArchived\`.`;
}

const resolved = (schema: Schema) => providerFunctions.types[referenced(schema) ?? ""] ?? schema;

function fieldTable(title: string, schema: Schema): string {
  return table(
    [title, "Description"],
    Object.entries(schema.properties ?? {}).map(([name, property]) => [
      `\`${name}\`${title === "Argument" && schema.required?.includes(name) ? " (required)" : ""}`,
      text(property),
    ]),
  );
}
