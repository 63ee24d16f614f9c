import { CHARACTERS_PER_TOKEN, type Rules } from "#data";

/** A part of a sample. */
export interface Piece {
  text: string;
  /** `learned` text counts for the loss, `context` text does not. A `label` is not part of the sample. */
  kind: "learned" | "context" | "label";
}

type Content =
  | string
  | ({ type: "text"; text: string } | { type: "thinking"; thinking: string | { text: string }[] })[];

interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content?: Content | null;
  weight?: 0 | 1 | null;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[] | null;
  tool_call_id?: string;
}

/** A valid sample. */
export interface Sample {
  text?: string;
  messages?: Message[];
  tools?: unknown[] | null;
  labels?: unknown;
}

const label = (text: string): Piece => ({ text, kind: "label" });
const context = (text: string): Piece => ({ text, kind: "context" });
const learned = (text: string): Piece => ({ text, kind: "learned" });

/**
 * Returns the parts of a sample, one line per message: roles, texts, tool calls, and a classifier's labels. Does not imitate a chat
 * template, because the template depends on the model.
 */
export function piecesOf(sample: Sample, jobType: Rules["jobType"]): Piece[] {
  const { text = "", messages, tools, labels } = sample;
  const isClassifier = jobType === "classifier";
  const input = messages
    ? [...(tools ? [label("tools: "), context(JSON.stringify(tools)), label("\n")] : []), ...conversation(messages)]
    : [label("text: "), learned(text)];
  if (!isClassifier) return input;
  const asContext = input.map((piece) => (piece.kind === "label" ? piece : context(piece.text)));
  return [...asContext, label("\nlabels: "), learned(JSON.stringify(labels))];
}

/** Returns the estimated number of tokens. */
export function tokensOf(pieces: Piece[]): number {
  const characters = pieces.reduce((sum, { text, kind }) => sum + (kind === "label" ? 0 : text.length), 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function conversation(messages: Message[]): Piece[] {
  return messages.flatMap((message, index) => [...(index === 0 ? [] : [label("\n")]), ...messagePieces(message)]);
}

function messagePieces(message: Message): Piece[] {
  const { role, weight, tool_call_id, tool_calls } = message;
  if (role === "tool") return [label(`tool ${tool_call_id}: `), ...contentPieces(message, context)];
  if (role !== "assistant") return [label(`${role}: `), ...contentPieces(message, context)];
  const mark = weight === 0 ? context : learned;
  return [
    label(weight === 0 ? "assistant (weight 0): " : "assistant: "),
    ...contentPieces(message, mark),
    // Call IDs are random, so they never count for the loss.
    ...(tool_calls ?? []).flatMap(({ id, function: { name, arguments: text } }) => [
      label(`\n  call ${id}: `),
      mark(`${name}(${text})`),
    ]),
  ];
}

function contentPieces({ content }: Message, mark: (text: string) => Piece): Piece[] {
  if (typeof content === "string") return [mark(content)];
  const chunks = content ?? [];
  return chunks.flatMap((chunk, index) => {
    if (chunk.type === "text") {
      return chunks[index - 1]?.type === "thinking" ? [label("\n  text: "), mark(chunk.text)] : [mark(chunk.text)];
    }
    const { thinking } = chunk;
    const text = typeof thinking === "string" ? thinking : thinking.map((part) => part.text).join("");
    return [label("\n  thinking: "), mark(text)];
  });
}
