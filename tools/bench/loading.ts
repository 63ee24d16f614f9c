import { resolve } from "node:path";
import { execa } from "execa";
import { type Comparison, compare } from "./compare";

const ROUNDS = 15;
const root = resolve(__dirname, "../..");

/** Measures the time to import the package. */
export function loading(): Promise<Comparison> {
  const about = {
    what: "loading `pulumi-mistral` in a program that has `@pulumi/pulumi`",
    against: "loading `@pulumi/pulumi` alone",
    unit: "ms",
    aim: "at most 50 ms more",
  };
  return compare(about, milliseconds("@pulumi/pulumi", "pulumi-mistral"), milliseconds("@pulumi/pulumi"), ROUNDS);
}

/** Returns the duration of `require`, in a separate process. */
function milliseconds(...packages: string[]): () => Promise<number> {
  const script = `
    const start = performance.now();
    for (const name of ${JSON.stringify(packages)}) require(name);
    console.log(performance.now() - start);
  `;
  return async () => Number((await execa("node", ["-e", script], { cwd: root })).stdout);
}
