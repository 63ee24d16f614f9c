import { Random } from "./random";

/** Frequent English words, the most frequent first. */
const WORDS =
  "the of and to a in is that it for you was with on as be have are this not by at from or we an but they your all what can there if which will their one do about how so time would up out who get more when no make than like into could people other only over new some my these them good our work first way may such even because any give day most us use should own see look here day where after great life system well number place point question hand part case week company program money problem service during without again change order together school information country different possible however business important customer account delivery message invoice password refund settings support payment reservation understanding documentation recommendation".split(
    " ",
  );

/**
 * Returns instruct samples in JSONL: made-up English with the word frequencies of real text (Zipf's law). The same seed gives the
 * same samples. A sample has one to three turns, with about 15 words per question and 50 per answer.
 */
export function englishSamples(count: number, seed: number): string {
  const random = new Random(seed);
  const word = () => WORDS[Math.floor(random.logarithmic(1, WORDS.length + 1)) - 1] as string;
  const sentence = () => {
    const words = Array.from({ length: random.integer(6, 16) }, word).join(" ");
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}${random.chance(0.2) ? "?" : "."}`;
  };
  const text = (least: number, most: number) => Array.from({ length: random.integer(least, most) }, sentence).join(" ");
  const turn = () => [
    { role: "user", content: text(1, 2) },
    { role: "assistant", content: text(2, 7) },
  ];
  const sample = () => ({ messages: Array.from({ length: random.integer(1, 3) }, turn).flat() });
  return Array.from({ length: count }, () => `${JSON.stringify(sample())}\n`).join("");
}
