import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { node, npmCli } from "./cached";
import { outputOf, run } from "./commands";
import { writeJson } from "./managers";
import { type Packed, pack, temporaryFolder } from "./packed";

const repository = resolve(__dirname, "../..");

/** Each version of Node.js with its bundled npm, and the oldest also with the newest npm. */
const versions = [
  { nodeVersion: "20.20.2", npmVersion: "10.9.9" },
  { nodeVersion: "20.20.2", npmVersion: "11.19.1" },
  { nodeVersion: "22.23.3", npmVersion: "10.9.9" },
  { nodeVersion: "24.21.0", npmVersion: "11.19.1" },
];

describe("an installation prints no warning", function () {
  this.timeout(10 * 60_000);
  let folder: string;
  let remove: () => Promise<void>;
  let packed: Packed[];

  before("pack", async () => {
    ({ folder, remove } = await temporaryFolder());
    packed = [await pack("provider", folder), await pack("server", folder)];
  });
  after(() => remove());

  for (const { nodeVersion, npmVersion } of versions) {
    const title = `Node.js ${nodeVersion}, npm ${npmVersion}`;

    async function npm(cwd: string, ...args: string[]): Promise<string> {
      const bin = await node(nodeVersion);
      const env = { PATH: [bin, process.env.PATH].join(delimiter) };
      const { all } = await outputOf(
        env,
        cwd,
        join(bin, "node"),
        await npmCli(npmVersion),
        ...args,
        "--prefer-offline",
      );
      return all;
    }

    it(`from \`npm ci\` in the clone: ${title}`, async () => {
      const clone = join(folder, `clone-${nodeVersion}-${npmVersion}`);
      const files = await run(repository, "git", "ls-files", ".npmrc", "package*.json", "*/package.json", "*/bin/*");
      for (const file of files.split("\n")) await cp(join(repository, file), join(clone, file), { recursive: true });
      assertNoWarnings(await npm(clone, "ci"));
    });

    it(`from \`npm install\` of both packages: ${title}`, async () => {
      const project = join(folder, `project-${nodeVersion}-${npmVersion}`);
      await writeJson(project, "package.json", { private: true });
      assertNoWarnings(await npm(project, "install", ...packed.map(({ tarball }) => tarball)));
      const installed = join(project, "node_modules/pulumi-mistral/package.json");
      assert.equal(JSON.parse(await run(dirname(installed), "cat", installed)).name, "pulumi-mistral");
    });
  }
});

function assertNoWarnings(output: string): void {
  assert.match(output, /added \d+ packages/);
  // Ignores npm's warnings about the user's own settings.
  const ours = output.replace(/^npm warn Unknown (user|global|env) config .*$/gm, "");
  assert.doesNotMatch(ours, /warn|deprecat|EBADENGINE|install-scripts/i);
}
