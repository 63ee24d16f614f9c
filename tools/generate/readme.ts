import { referenced, type Schema, source } from "./source";

/** The README's tables, by the name in their markers: `<!-- generated: inputs -->` … `<!-- /generated -->`. */
export function readmeTables(): Record<string, string> {
  return {
    inputs: table(["Input", "Description", "A change"], Object.entries(source.inputs).map(inputRow)),
    outputs: table(
      ["Output", "Description"],
      Object.entries(source.outputs).map(([name, schema]) => [`\`${name}\``, text(schema)]),
    ),
    hyperparameters: fields("Hyperparameters"),
    config: table(
      ["Key", "Environment", "Description"],
      Object.entries(source.config).map(([name, schema]) => [
        `\`mistral:${name}\``,
        ((schema.environment as string[]) ?? []).map((variable) => `\`${variable}\``).join(", "),
        text(schema),
      ]),
    ),
  };
}

/** Puts the tables between their markers. */
export function fillIn(readme: string): string {
  const tables = readmeTables();
  return readme.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_, open: string, name: string, close: string) => `${open}${tables[name]}\n${close}`,
  );
}

const CHANGES: Record<string, string> = {
  replace: "trains anew",
  update: "in place",
  none: "no effect on a settled job",
};

function inputRow([name, schema]: [string, Schema]): string[] {
  const required = source.requiredInputs.includes(name) ? " (required)" : "";
  return [`\`${name}\`${required}`, text(schema), CHANGES[String(changeOf(schema))] ?? ""];
}

/** An enum's own schema holds what is said of the input. */
const changeOf = (schema: Schema) => schema.change ?? source.types[referenced(schema) ?? ""]?.change;

function fields(type: string): string {
  const properties = Object.entries(source.types[type]?.properties ?? {});
  return table(
    ["Field", "Description"],
    properties.map(([name, schema]) => [`\`${name}\``, text(schema)]),
  );
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const text = (schema: Schema) =>
  (schema.description ?? source.types[referenced(schema) ?? ""]?.description ?? "").replaceAll("|", "\\|");
