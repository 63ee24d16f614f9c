import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "./commands";
import { npmInstall, writeJson } from "./managers";
import { type Packed, pack, temporaryFolder, unpack } from "./packed";

const repository = resolve(__dirname, "../..");
const bin = (name: string) => join(repository, "node_modules/.bin", name);

/** The files of each package besides the compiled sources and the recipe. */
const others = {
  provider: [
    ...["package.json", "README.md", "LICENSE", "schema.json"],
    ...["bin/pulumi-mistral.js", "bin/pulumi-resource-mistral.js"],
  ],
  server: [
    ...["package.json", "README.md", "LICENSE", "bin/mistral-fine-tuning-server.js"],
    "systemd/mistral-fine-tuning-server.service",
  ],
};

for (const name of ["provider", "server"] as const) {
  describe(`the package of ${name}/`, function () {
    this.timeout(3 * 60_000);
    let folder: string;
    let remove: () => Promise<void>;
    let packed: Packed;

    before("pack", async () => {
      ({ folder, remove } = await temporaryFolder());
      packed = await pack(name, folder);
      await unpack(packed, join(folder, "unpacked"));
    });
    after(() => remove());

    it("contains only the compiled sources, package.json, README, license and the expected other files", () => {
      const compiled = (file: string) => /^dist\/.*\.(js|d\.ts)$/.test(file) && existsSync(sourceOf(file));
      const sourceOf = (file: string) => {
        const source = file.replace(/(\.js|\.d\.ts)$/, ".ts");
        // Both packages compile these folders of the repository.
        if (/^dist\/(common|data)\//.test(source)) return join(repository, source.replace("dist/", ""));
        return join(repository, name, source.replace("dist", "src"));
      };
      const isRecipeFile = (file: string) => file.startsWith("recipes/") && existsSync(join(repository, name, file));
      const isPage = (file: string) =>
        /^dist\/page\/(index\.html|THIRD_PARTY_LICENSES|assets\/[\w-]+\.(js|css)(\.br|\.gz)?)$/.test(file);
      const rest = packed.files.filter((file) => !compiled(file) && !isRecipeFile(file) && !isPage(file));
      assert.deepEqual(rest.sort(), [...others[name]].sort());
      assert.equal(packed.files.includes("dist/page/index.html"), name === "server");
      assert.ok(packed.files.includes("dist/index.js") && packed.files.includes("dist/index.d.ts"));
    });

    it("contains the recipe, without tests, only if it is the server's package", () => {
      const recipe = packed.files.filter((file) => file.startsWith("recipes/"));
      assert.equal(recipe.includes("recipes/trl/train.py"), name === "server");
      assert.ok(!recipe.some((file) => /tests|__pycache__|pytest|ruff/.test(file)), recipe.join("\n"));
    });

    it("contains no paths of the machine that packed it", async () => {
      const names = [repository, folder, homedir()].filter((path) => path !== "/").map((path) => `${path}/`);
      for (const file of packed.files) {
        const text = await readFile(join(folder, "unpacked", file), "utf8");
        for (const path of names) assert.ok(!text.includes(path), `${file} has ${path}`);
      }
    });

    it("passes publint and attw", async () => {
      assert.match(await run(folder, bin("publint"), "run", packed.tarball, "--strict"), /All good!/);
      // The strictest profile checks every kind of module resolution, including Node.js 10's (`moduleResolution: node`).
      await run(folder, bin("attw"), packed.tarball, "--profile", "strict", "--no-color");
    });

    if (name === "server") {
      it("runs with npx", async () => {
        const project = join(folder, "project");
        await writeJson(project, "package.json", {
          dependencies: { "mistral-fine-tuning-server": `file:${packed.tarball}` },
        });
        await npmInstall(project);
        const version = await run(project, "npx", "--no-install", "mistral-fine-tuning-server", "--version");
        assert.equal(version, packed.version);
      });
    }
  });
}
