import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** The effect of `pulumi up` on a training. */
export interface Effect {
  /** The training's name. */
  name: string;
  /** The operation as Pulumi names it, for example `create` or `replace`. */
  operation: string;
  /** The provider's messages: data, steps, tokens, cost, warnings. */
  messages: string;
}

export interface Preview {
  effects: Effect[];
  /** Why the preview failed. */
  problems: string[];
}

/** The part of `pulumi preview --json` that is read. It also has inputs, which do not belong into a comment. */
interface Digest {
  steps?: { op: string; urn: string }[];
  diagnostics?: { urn?: string; message: string; severity: string }[];
}

/** A pull request from a fork has no secrets. It is previewed against an empty stack in a temporary folder. */
const TEMPORARY_STACK = "review";

/**
 * Runs `pulumi preview`.
 *
 * @param hasStack whether the environment has access to the stack `STACK`
 */
export async function runPreview(root: string, hasStack: boolean): Promise<Preview> {
  if (hasStack) return previewOf(root, process.env.STACK ?? "prod");
  const folder = await mkdtemp(join(tmpdir(), "training-review-"));
  const env = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "" };
  try {
    await execa("pulumi", ["stack", "init", TEMPORARY_STACK, "--non-interactive"], { cwd: root, env });
    return await previewOf(root, TEMPORARY_STACK, env);
  } finally {
    await rm(join(root, `Pulumi.${TEMPORARY_STACK}.yaml`), { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

async function previewOf(root: string, stack: string, env: Record<string, string> = {}): Promise<Preview> {
  const command = ["preview", "--json", "--non-interactive", "--stack", stack];
  const { exitCode, stdout, stderr } = await execa("pulumi", command, { cwd: root, env, reject: false });
  const digest = parsed(stdout);
  if (!digest) return { effects: [], problems: [stderr || stdout] };
  const { steps = [], diagnostics = [] } = digest;
  const messagesOf = (urn: string) => diagnostics.filter((it) => it.urn === urn).map(({ message }) => message);
  const effects = steps
    .filter(({ urn, op }) => urn.includes(":FineTuningJob::") && op !== "same")
    // A replacement has several steps. The first step names it.
    .filter(({ urn }, index, all) => all.findIndex((it) => it.urn === urn) === index)
    .map(({ urn, op }) => ({ name: nameOf(urn), operation: op, messages: messagesOf(urn).join("") }));
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message.trim());
  const unexplained = exitCode !== 0 && errors.length === 0;
  return { effects, problems: unexplained ? [stderr || "pulumi preview failed"] : errors };
}

function parsed(text: string): Digest | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);
