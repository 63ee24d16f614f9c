import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Returns the licenses of the npm packages in a bundle, as their authors require with every copy.
 *
 * @param files the bundled files
 */
export async function licensesOf(files: readonly string[]): Promise<string> {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  const texts = await Promise.all([...folders].map(licenseOf));
  return texts.sort().join("\n");
}

/** `/x/node_modules/@grpc/grpc-js/build/src/index.js` is part of `/x/node_modules/@grpc/grpc-js`. */
function packageFolder(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const names = (await readdir(folder)).filter((it) => /^(licen[cs]e|notice)/i.test(it)).sort();
  const texts = await Promise.all(names.map((it) => readFile(join(folder, it), "utf8")));
  return `==== ${name} ${version} (${license})\n\n${texts.map((text) => `${text.trim()}\n`).join("\n")}`;
}
