import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../../../server/src/domain/errors";
import { recipeCommand, recipeFile, recipePython } from "../../../../server/src/trainers/recipe/recipe";

describe("the command of the included recipe", () => {
  const cacheHome = process.env.XDG_CACHE_HOME;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "recipe-"));
    process.env.XDG_CACHE_HOME = folder;
  });
  afterEach(async () => {
    if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheHome;
    await rm(folder, { recursive: true });
  });

  async function addPython(python: string, modifiedAt: Date): Promise<string> {
    await mkdir(dirname(python), { recursive: true });
    await writeFile(python, "");
    await utimes(dirname(python), modifiedAt, modifiedAt);
    return python;
  }
  const earlier = (name: string) => join(folder, "pulumi-mistral", name, "bin", "python");

  it("is refused without an environment, with what to run", () => {
    assert.throws(() => recipeCommand(undefined), { name: UsageError.name, message: /Run `.* setup`/ });
  });

  it("uses the environment of this release", async () => {
    await addPython(earlier("recipe-000000000000"), new Date("2030-01-01"));
    const python = await addPython(recipePython(), new Date("2026-01-01"));
    assert.deepEqual(recipeCommand(undefined), [python, recipeFile("train.py")]);
  });

  it("uses the newest environment of an earlier release until `setup` has run", async () => {
    await addPython(earlier("recipe-000000000000"), new Date("2026-01-01"));
    const newest = await addPython(earlier("recipe-111111111111"), new Date("2026-03-01"));
    await addPython(earlier("recipe-222222222222"), new Date("2026-02-01"));
    assert.deepEqual(recipeCommand(undefined), [newest, recipeFile("train.py")]);
  });

  it("uses the environment of this release that was set up last", async () => {
    const inDefault = await addPython(recipePython(), new Date("2030-01-01"));
    const environment = dirname(dirname(inDefault));
    const other = await addPython(`${environment}-torch-0123abcd/bin/python`, new Date("2026-01-01"));
    await writeFile(`${environment}.selected`, `${basename(environment)}-torch-0123abcd`);
    assert.deepEqual([recipePython(), recipeCommand(undefined)], [other, [other, recipeFile("train.py")]]);
    await writeFile(`${environment}.selected`, basename(environment));
    assert.equal(recipePython(), inDefault);
    await writeFile(`${environment}.selected`, `${basename(environment)}-torch-deleted`);
    assert.equal(recipePython(), inDefault);
  });

  it("ignores folders that hold no environment", async () => {
    await mkdir(join(folder, "pulumi-mistral", "recipe-333333333333"), { recursive: true });
    await addPython(earlier("ray-2.60.0"), new Date("2026-01-01"));
    assert.throws(() => recipeCommand(undefined), { name: UsageError.name });
  });
});
