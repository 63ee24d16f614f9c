import { dirname, join } from "node:path";
import ts from "typescript";
import { type Block, root } from "./blocks";

/** Type-checks blocks as modules beside the repository's examples, and returns the errors with their place. */
export function typescriptProblems(blocks: readonly Block[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const snippets = new Map(blocks.map((block, index) => [join(root, folderOf(block), `snippet${index}.mts`), block]));
  // The SDK for Node.js is not built in a clone: its sources are enough.
  const paths = { "pulumi-mistral-sdk": [join(root, "sdk/nodejs/index.ts")] };
  const resolution = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const checked = {
    ...options,
    ...resolution,
    paths,
    composite: false,
    declaration: false,
    sourceMap: false,
    noEmit: true,
  };
  const host = ts.createCompilerHost(checked);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => snippets.has(file) || fileExists(file);
  host.readFile = (file) => snippets.get(file)?.code ?? readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const code = snippets.get(file)?.code;
    if (code === undefined) return getSourceFile(file, languageVersion, ...rest);
    return ts.createSourceFile(file, `${code}\nexport {};`, languageVersion);
  };
  const program = ts.createProgram([...snippets.keys()], checked, host);
  return [...snippets].flatMap(([file, { where }]) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${where}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

/** A snippet in the text of an example can import the files of the example. */
const folderOf = ({ file }: Block) => (file.startsWith("examples/") ? dirname(file) : "examples/quickstart");
