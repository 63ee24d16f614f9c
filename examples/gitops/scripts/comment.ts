import type { Change } from "./changes";
import type { Effect, Preview } from "./preview";

/** What the review had access to. A pull request from a fork has neither. */
export interface Access {
  /** The stack's state. */
  stack: boolean;
  /** The server, with an API key. */
  server: boolean;
}

/** Returns the review of a pull request as Markdown. */
export function commentText(changes: Change[], { effects, problems }: Preview, access: Access): string {
  const changed = new Set(changes.map(({ name }) => name));
  // Without the state, Pulumi shows every training as new.
  const shown = access.stack ? effects : effects.filter(({ name }) => changed.has(name));
  const parts = [
    "### Training review",
    ...(problems.length > 0 ? ["**`pulumi up` would fail:**", fenced(problems.join("\n"))] : []),
    table(shown, access),
    ...changes.map(changeText),
    ...shown.map(({ name, messages }) => details(`Preview of ${name}`, messages.trim())),
    ...missing(access),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function table(effects: Effect[], access: Access): string {
  if (effects.length === 0) return "No training is created, changed or deleted.";
  const rows = effects.map((effect) => {
    const line = (pattern: RegExp) => pattern.exec(effect.messages)?.[1] ?? "–";
    const data = line(/^training data: (.*? tokens?)/m);
    return [effect.name, effectText(effect, access), data, line(/^training: (.*)/m), line(/^cost: (.*)/m)];
  });
  const head = ["Training", "Effect of `pulumi up`", "Data", "Steps and tokens", "Cost"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function effectText({ operation, messages }: Effect, access: Access): string {
  const adopted = /fine-tuning job (\S+) .* has the same inputs/.exec(messages);
  if (adopted) return `uses the earlier job ${adopted[1]} again, trains nothing`;
  if (operation === "update") return "updates in place, trains nothing";
  if (operation.startsWith("delete")) return "removes the training; `modelDeletionPolicy` decides about its model";
  if (!access.stack) return "trains, unless an earlier job has the same inputs";
  return operation === "create" ? "trains a new model" : "trains a new model that replaces the current one";
}

function changeText({ name, fields, data }: Change): string {
  const config = fields.length > 0 ? `\n\nChanged in the config: ${fields.join(", ")}` : "";
  return [`#### ${name}${config}`, ...data].join("\n\n");
}

function missing({ stack, server }: Access): string[] {
  const notes = [
    !stack && "- It has no access to the stack. Each changed training is shown as new.",
    !server &&
      "- It has no API key. The cost is estimated from `mistral:prices`, and earlier jobs with the same inputs are not recognized.",
  ].filter((note) => note !== false);
  return notes.length > 0 ? [`**This review is incomplete:**\n${notes.join("\n")}`] : [];
}

const details = (summary: string, text: string) =>
  `<details><summary>${summary}</summary>\n\n${fenced(text)}\n\n</details>`;

/** The fence must be longer than every run of backticks in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
