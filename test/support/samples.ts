/** A sample line in the instruct format. */
export function sample(question: string, answer = "An answer."): string {
  const messages = [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ];
  return `${JSON.stringify({ messages })}\n`;
}
