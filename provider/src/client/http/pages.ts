import { formatCount } from "#common";
import { InvalidArgumentError } from "../errors/errors";

/** The API's maximum page size. */
export const LARGEST_PAGE = 100;

/** A server whose list never ends would otherwise fill the memory. */
const MOST_ENTRIES = 200_000;

/**
 * Iterates over all pages of a list. Stops after `total` entries or a page without new entries. A short page does not end the
 * iteration, because a server may cap the page size. If an entry is created during the iteration, an earlier
 * entry can appear on two pages; it is yielded once. A server that ignores `page` repeats its entries, which ends the iteration.
 */
export async function* walkPages<T extends { id: string }>(
  fetchPage: (page: number) => Promise<{ data: T[]; total?: number | undefined }>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  for (let page = 0; ; page++) {
    const { data, total } = await fetchPage(page);
    const before = seen.size;
    if (before + data.length > MOST_ENTRIES) {
      throw new InvalidArgumentError(
        `the list did not end after ${formatCount(MOST_ENTRIES)} entries. Narrow the filters of the list.`,
      );
    }
    for (const entry of data) {
      if (!seen.has(entry.id)) {
        seen.add(entry.id);
        yield entry;
      }
    }
    if (seen.size === before || (total !== undefined && seen.size >= total)) {
      return;
    }
  }
}
