import { z } from "zod";
import { trainingConfig } from "../trainingConfig";

/** Returns the JSON schema of the configs. Draft 7 is the newest version that the YAML language server supports in full. */
export function schemaText(): string {
  const schema = z.toJSONSchema(trainingConfig, { target: "draft-7", io: "input" });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
