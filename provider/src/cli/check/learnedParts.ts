/** A row of tokens, as the server shows it. */
export interface Row {
  /** One per token; -100 where the loss ignores the token. */
  labels: number[];
  text: string;
  /** The text of the tokens that count for the loss, without the text between them. */
  learned: string;
}

/** A part of a row's text. */
export interface Part {
  text: string;
  isLearned: boolean;
}

/** The start and the end of a learned part in the text. */
type Span = [start: number, end: number];

const IGNORED = -100;

/** Limits the search in a text that repeats itself in many places. */
const MAX_TRIES = 10_000;
const MAX_COMPARED_CHARACTERS = 10_000_000;

/**
 * Divides a row's text into learned parts and others. The server reports the learned text as one string, so the parts are searched:
 * they are substrings of the text, in order, and the labels tell their number and their approximate position.
 *
 * @returns undefined when the parts cannot be found, for example because the loss counts only a part of a character's tokens
 */
export function partsOf(row: Row): Part[] | undefined {
  const starts = learnedStarts(row.labels);
  const spans = starts.length === 0 ? [] : new Search(row, starts).find(0, row.learned, 0);
  return spans && divide(row.text, withShortestParts(row.text, spans));
}

/** Returns the indexes of the tokens that begin a learned part. */
function learnedStarts(labels: number[]): number[] {
  return labels.flatMap((label, index) =>
    label !== IGNORED && (index === 0 || labels[index - 1] === IGNORED) ? [index] : [],
  );
}

class Search {
  private tries = 0;
  private compared = 0;

  constructor(
    private readonly row: Row,
    private readonly starts: number[],
  ) {}

  /** Finds the parts from number `part` on, in the text from `from` on. `rest` is their text. */
  find(from: number, rest: string, part: number): Span[] | undefined {
    this.tries++;
    const { text, labels } = this.row;
    if (part === this.starts.length - 1) {
      const start = labels.at(-1) === IGNORED ? text.indexOf(rest, from) : text.length - rest.length;
      return start >= from && text.startsWith(rest, start) ? [[start, start + rest.length]] : undefined;
    }
    for (const [start, end] of this.candidates(from, rest, part)) {
      if (this.tries >= MAX_TRIES) return undefined;
      const others = this.find(end + 1, rest.slice(end - start), part + 1);
      if (others) return [[start, end], ...others];
    }
    return undefined;
  }

  /** Returns the possible places of a part. The longest come first, then those nearest to the position of the part's tokens. */
  private candidates(from: number, rest: string, part: number): Span[] {
    const { text, labels } = this.row;
    const expected = (text.length * (this.starts[part] as number)) / labels.length;
    const found: Span[] = [];
    const first = rest.charAt(0);
    for (let start = text.indexOf(first, from); start >= 0 && first !== ""; start = text.indexOf(first, start + 1)) {
      const length = commonLength(text, start, rest);
      found.push([start, start + length]);
      this.compared += length;
      if (this.compared > MAX_COMPARED_CHARACTERS) return [];
    }
    const distance = ([start]: Span) => Math.abs(start - expected);
    return found.sort((one, other) => other[1] - other[0] - (one[1] - one[0]) || distance(one) - distance(other));
  }
}

function commonLength(text: string, start: number, other: string): number {
  let length = 0;
  while (length < other.length && text[start + length] === other[length]) length++;
  return length;
}

/**
 * A part may seem to be longer than it is, when the text after it begins like the next part: in `…</s>[INST]…[/INST][TOOL_CALLS]`
 * the first part would end with `[`. Moves such characters to the next part.
 */
function withShortestParts(text: string, spans: Span[]): Span[] {
  const moved = spans.map((span): Span => [...span]);
  for (const [index, current] of moved.entries()) {
    const next = moved[index + 1];
    while (next && current[1] > current[0] + 1 && text[current[1] - 1] === text[next[0] - 1]) {
      current[1]--;
      next[0]--;
    }
  }
  return moved;
}

function divide(text: string, spans: Span[]): Part[] {
  let position = 0;
  const parts = spans.flatMap(([start, end]): Part[] => {
    const before = { text: text.slice(position, start), isLearned: false };
    position = end;
    return [before, { text: text.slice(start, end), isLearned: true }];
  });
  return [...parts, { text: text.slice(position), isLearned: false }].filter((part) => part.text !== "");
}
