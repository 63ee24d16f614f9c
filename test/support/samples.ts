/** Returns a line with one sample in the instruct format. */
export function sample(question: string, answer = "An answer."): string {
  const messages = [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ];
  return `${JSON.stringify({ messages })}\n`;
}

/** The signature that marks an asset in Pulumi's wire format. */
export const ASSET = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
