import { ExplainedError } from "../main";

const UNRELEASED = /^## Unreleased\n([\s\S]*?)(?=^## |(?![\s\S]))/m;

/**
 * Moves the entries under "Unreleased" to a section of their own, and leaves an empty "Unreleased" section above it.
 *
 * @throws ExplainedError when there is nothing to release
 */
export function releasedChangelog(changelog: string, version: string, date: Date): string {
  const entries = UNRELEASED.exec(changelog)?.[1]?.trim();
  if (!entries)
    throw new ExplainedError('CHANGELOG.md has no entries under "## Unreleased": describe the release there.');
  const day = date.toISOString().slice(0, 10);
  const released = `## Unreleased\n\n## ${version} (${day})\n\n${entries}\n\n`;
  return `${changelog.replace(UNRELEASED, () => released).trimEnd()}\n`;
}
