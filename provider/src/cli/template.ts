import { CHARACTERS_PER_TOKEN, type Rules } from "#data";

/** A part of a sample in the model's template. */
export interface Piece {
  text: string;
  /** Whether the text counts for the loss, so that the model learns to generate it. */
  learned: boolean;
}

type Content = string | { type: string; text?: string }[];

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

const contextPiece = (text: string): Piece => ({ text, learned: false });
const learned = (text: string): Piece => ({ text, learned: true });

/** Renders a sample as the model sees it: plain text unchanged, conversations in Mistral's template, and a classifier's labels. */
export function piecesOf(sample: Sample, jobType: Rules["jobType"]): Piece[] {
  const { text = "", messages, labels } = sample;
  if (jobType === "completion") return messages ? conversation(messages, sample.tools) : [learned(text)];
  const input = messages
    ? conversation(messages, sample.tools).map((piece) => contextPiece(piece.text))
    : [contextPiece(text)];
  return [...input, contextPiece("\nlabels: "), learned(JSON.stringify(labels))];
}

/** Returns the estimated number of tokens. */
export function tokensOf(pieces: Piece[]): number {
  return Math.ceil(pieces.reduce((sum, { text }) => sum + text.length, 0) / CHARACTERS_PER_TOKEN);
}

/** Renders the template of Mistral's tokenizer v3, which puts the tools and the system message before the last user message. */
function conversation(messages: Message[], tools: Sample["tools"]): Piece[] {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const system = messages.find(({ role }) => role === "system");
  const before = tools ? `[AVAILABLE_TOOLS] ${JSON.stringify(tools)}[/AVAILABLE_TOOLS]` : "";
  const rules = system ? `${textOf(system.content)}\n\n` : "";
  const pieces = messages.flatMap((message, index): Piece[] => {
    if (message.role === "system") return [];
    if (message.role === "assistant") return answer(message);
    if (message.role === "tool") return [contextPiece(`[TOOL_RESULTS] ${result(message)}[/TOOL_RESULTS]`)];
    const asked = `${textOf(message.content)}[/INST]`;
    return [contextPiece(index === last ? `${before}[INST] ${rules}${asked}` : `[INST] ${asked}`)];
  });
  return [contextPiece("<s>"), ...pieces];
}

/** Includes the end-of-sequence token, which the model also learns. */
function answer({ content, tool_calls: calls, weight }: Message): Piece[] {
  const called = calls ? `[TOOL_CALLS] ${JSON.stringify(calls.map(call))}` : "";
  return [contextPiece(" "), { text: `${textOf(content)}${called}</s>`, learned: weight !== 0 }];
}

function call({ id, function: { name, arguments: text } }: NonNullable<Message["tool_calls"]>[number]) {
  return { name, arguments: JSON.parse(text), id };
}

const result = ({ content, tool_call_id }: Message) =>
  JSON.stringify({ content: textOf(content), call_id: tool_call_id });

function textOf(content: Content | null | undefined): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ type, text }) => (type === "text" ? text : "[IMG]")).join("");
}
