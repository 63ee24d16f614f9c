import assert from "node:assert/strict";
import { execa } from "execa";
import { findOrGetPulumi } from "../../tools/pulumiCli";
import { pulumiUsage } from "../docs/snippets/pulumiUsage";

describe("the commands in the documentation", () => {
  it("exist in the Pulumi CLI, with their flags", async function () {
    this.timeout(15 * 60_000);
    const { binary } = await findOrGetPulumi({ log: console.error });
    const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
    for (const [command, flags] of Object.entries(pulumiUsage)) {
      const { stdout: help } = await execa(binary, [...command.split(" "), "--help"], { env });
      // The help of an unknown command is that of the command above it.
      const name = command.split(" ").at(-1);
      const isKnown = new RegExp(`Usage:\\s+pulumi ${command}\\b|Aliases:\\s+.*\\b${name}\\b`).test(help);
      assert.ok(isKnown, `pulumi ${command}: ${help}`);
      for (const flag of flags) assert.match(help, new RegExp(`${flag}[ ,\\n]`), `pulumi ${command} ${flag}`);
    }
  });
});
