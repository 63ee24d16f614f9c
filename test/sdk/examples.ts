import { readFileSync } from "node:fs";
import { join } from "node:path";

const schema = JSON.parse(readFileSync(join(__dirname, "../../schema.json"), "utf8"));

/** The examples in `schema.json` in one language, by the name of the resource or of the function. */
export function examplesIn(language: "go" | "python" | "typescript" | "yaml"): Record<string, string> {
  const described: Record<string, { description: string }> = { ...schema.resources, ...schema.functions };
  return Object.fromEntries(
    Object.entries(described).map(([token, { description }]) => {
      const [, example] = description.match(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``)) ?? [];
      if (example === undefined) throw new Error(`${token} has no example in ${language}`);
      return [token.split(":").at(-1) as string, example];
    }),
  );
}

/** What the mocks of each language return for every resource and every function call. */
export const MOCKED = {
  fineTunedModel: "ft:mocked",
  archived: true,
  jobs: [{ fineTunedModel: "ft:first" }],
};

/** The inputs that the resource of the example sends to the provider. */
export const EXAMPLE_INPUTS = {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 100, learningRate: 1e-4 },
};
