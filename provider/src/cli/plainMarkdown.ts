/** Escapes a text for Markdown, so that it cannot contain markup or mention people. */
export function plainMarkdown(text: string): string {
  const entities = (character: string) => `&#${character.charCodeAt(0)};`;
  return text.replace(/[^\p{L}\p{N} .,:()/→%_-]/gu, entities).replaceAll("_", "&#95;");
}
