import { readFileSync } from "node:fs";
import { join } from "node:path";
import { goModule } from "./languages";

/**
 * Appends the examples in `examples/NAME.md` to a description. Generators of SDKs and of documentation keep the example of their
 * own language.
 */
export function withExamples(description: string, name: string): string {
  const examples = readFileSync(join(__dirname, "examples", `${name}.md`), "utf8").replaceAll(
    "example.com/pulumi-mistral/sdk/go",
    goModule,
  );
  return `${description}\n\n{{% examples %}}\n## Example Usage\n{{% example %}}\n${examples.trim()}\n{{% /example %}}\n{{% /examples %}}\n`;
}
