import { functionReference } from "./functionReference";
import { helpTexts } from "./helpTexts";
import { modelEntrySchema, providerSchemas, type ResourceSchema, referenced, type Schema } from "./source";
import { table, text } from "./tables";

/** The tables of the reference, by the name in their markers: `<!-- generated: inputs -->` … `<!-- /generated -->`. */
export function referenceTables(): Record<string, string> {
  return {
    inputs: inputTable(providerSchemas.fineTuningJob),
    outputs: outputTable(providerSchemas.fineTuningJob),
    approvalInputs: inputTable(providerSchemas.modelApproval),
    approvalOutputs: outputTable(providerSchemas.modelApproval),
    approvalFigures: fields("ApprovalFigures"),
    evaluationFigures: fields("EvaluationFigures"),
    hyperparameters: fields("Hyperparameters"),
    config: table(
      ["Key", "Environment", "Description"],
      // Of both hosts: the plugin's provider has all of the stack's configuration and its own inputs.
      Object.entries(providerSchemas.provider).map(([name, schema]) => [
        `\`mistral:${name}\`${name in providerSchemas.config ? "" : " (plugin only)"}`,
        ((schema.environment as string[]) ?? []).map((variable) => `\`${variable}\``).join(", "),
        text(schema),
      ]),
    ),
    modelEntry: table(
      ["Field", "Description"],
      Object.entries(modelEntrySchema.properties ?? {}).map(([name, schema]) => [
        `\`${name}\`${modelEntrySchema.required?.includes(name) ? " (required)" : ""}`,
        text(schema),
      ]),
    ),
    functions: functionReference(),
    ...helpTexts,
  };
}

/** Replaces the text between each pair of markers with the table of that name. */
export function insertTables(markdown: string): string {
  const tables = referenceTables();
  return markdown.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_, open: string, name: string, close: string) => {
      if (tables[name] === undefined) throw new Error(`There is no generated text ${name}`);
      return `${open}${tables[name]}\n${close}`;
    },
  );
}

const CHANGES: Record<string, string> = {
  replace: "replaces the job",
  update: "updates in place",
  none: "no effect once the job has ended",
};

function inputTable({ inputs, requiredInputs }: ResourceSchema): string {
  const rows = Object.entries(inputs).map(([name, schema]) => [
    `\`${name}\`${requiredInputs.includes(name) ? " (required)" : ""}`,
    text(schema),
    CHANGES[String(changeOf(schema))] ?? "",
  ]);
  return table(["Input", "Description", "Effect of a change"], rows);
}

const outputTable = ({ outputs }: ResourceSchema) =>
  table(
    ["Output", "Description"],
    Object.entries(outputs).map(([name, schema]) => [`\`${name}\``, text(schema)]),
  );

/** An enum input has its metadata on the enum's own schema. */
const changeOf = (schema: Schema) => schema.change ?? providerSchemas.types[referenced(schema) ?? ""]?.change;

function fields(type: string): string {
  const properties = Object.entries(providerSchemas.types[type]?.properties ?? {});
  return table(
    ["Field", "Description"],
    properties.map(([name, schema]) => [`\`${name}\``, text(schema)]),
  );
}
