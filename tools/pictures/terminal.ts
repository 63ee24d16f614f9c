import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { spawnCli } from "../../test/support/cli";
import { Stack } from "../../test/support/stack";
import { findOrGetPulumi } from "../pulumiCli";
import { DATA_FILES, PROGRAM } from "./trainings";

const UP_TIMEOUT_MS = 15 * 60_000;
export const COLUMNS = 112;

/** Runs a real `pulumi up` against a server, and returns its output with the terminal's colours. */
export async function upWithColors(serverUrl: string): Promise<string> {
  const cli = await findOrGetPulumi();
  const files: Record<string, string> = { "index.ts": PROGRAM };
  for (const path of DATA_FILES) files[basename(path)] = await readFile(path, "utf8");
  const stack = await Stack.create(cli, { project: "support", files, env: { MISTRAL_BASE_URL: serverUrl } });
  try {
    const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "always"];
    const running = spawnCli(cli.binary, args, { cwd: stack.folder, env: stack.env, timeoutMs: UP_TIMEOUT_MS });
    const { code, output } = await running.result;
    if (code !== 0) throw new Error(`\`pulumi up\` failed:\n${output}`);
    return output;
  } finally {
    await stack.remove();
  }
}

/** The colours of a common dark terminal, by their number in escape sequences. */
const COLORS = ["#4d4d4d", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#e6edf3"];

/** Returns a page that shows a command and its output as a terminal does. */
export function terminalPage(command: string, output: string): string {
  const body = `<b>$ ${command}</b>\n${htmlOf(output.trim())}`;
  return `<!doctype html><meta charset="utf-8"><title>Terminal</title><style>
    body { margin: 0; padding: 20px; background: #0d1117; width: max-content }
    pre { margin: 0; color: #e6edf3; font: 14px/1.45 "DejaVu Sans Mono", monospace; max-width: ${COLUMNS}ch; white-space: pre-wrap; overflow-wrap: anywhere }
  </style><pre>${body}</pre>`;
}

/** Turns the escape sequences of colours and bold text into HTML. Drops all others. */
export function htmlOf(output: string): string {
  let open = false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
  const html = output.replaceAll(/\u001b\[([\d;]*)([A-Za-z])|[<>&]/g, (match, codes = "", command = "") => {
    if (match.length === 1) return match === "<" ? "&lt;" : match === ">" ? "&gt;" : "&amp;";
    if (command !== "m") return "";
    const end = open ? "</span>" : "";
    const style = styleOf(codes.split(";").map(Number));
    open = style !== "";
    return open ? `${end}<span style="${style}">` : end;
  });
  return open ? `${html}</span>` : html;
}

function styleOf(codes: number[]): string {
  const styles: string[] = [];
  if (codes.includes(1)) styles.push("font-weight: bold");
  const indexed = codes[0] === 38 && codes[1] === 5 ? codes[2] : undefined;
  const code =
    indexed === undefined ? codes.find((each) => (each >= 30 && each < 38) || (each >= 90 && each < 98)) : undefined;
  const color = indexed ?? (code === undefined ? undefined : code % 10);
  if (color !== undefined) styles.push(`color: ${COLORS[color % 8]}`);
  return styles.join("; ");
}
