import { providerSchemas, referenced, type Schema } from "./source";

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The description of a property, or that of its type, for a cell of a table. */
export const text = (schema: Schema) =>
  (schema.description ?? providerSchemas.types[referenced(schema) ?? ""]?.description ?? "").replaceAll("|", "\\|");
