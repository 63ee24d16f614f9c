import { resolve } from "node:path";
import { execa } from "execa";
import { type Comparison, compare } from "./compare";

const ROUNDS = 15;
const root = resolve(__dirname, "../..");

/** What a program pays for importing the package. */
export function loading(): Promise<Comparison> {
  const about = {
    what: "loading `pulumi-mistral` in a program that has `@pulumi/pulumi`",
    against: "loading `@pulumi/pulumi` alone",
    unit: "ms",
    aim: "at most 50 ms more",
  };
  return compare(about, milliseconds("@pulumi/pulumi", "pulumi-mistral"), milliseconds("@pulumi/pulumi"), ROUNDS);
}

/** Time from the start of `require` to its end, in a process of its own. */
function milliseconds(...packages: string[]): () => Promise<number> {
  const script = `
    const start = performance.now();
    for (const name of ${JSON.stringify(packages)}) require(name);
    console.log(performance.now() - start);
  `;
  return async () => Number((await execa("node", ["-e", script], { cwd: root })).stdout);
}
