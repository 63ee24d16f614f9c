import type { SampleAnswer } from "../jobReply";

/** Writes a prompt as text: a line per message, with its role. Content that is not text is written as JSON. */
export function promptText(prompt: SampleAnswer["prompt"]): string {
  if (typeof prompt === "string") return prompt;
  return prompt
    .map(({ role, content }) => {
      const text = typeof content === "string" ? content : (textOfParts(content) ?? JSON.stringify(content ?? null));
      return typeof role === "string" ? `${role}: ${text}` : text;
    })
    .join("\n");
}

/** Returns the text of a content that consists of parts, or undefined when a part is not text. */
function textOfParts(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => (part as { text?: unknown } | null)?.text);
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}
