/** The most that the API gives on one page. */
export const LARGEST_PAGE = 100;

/**
 * Walks a list of pages from the first to the last. A short page does not end it, because a server may cap the size
 * of its pages lower than asked; an empty one does, and so does having seen the `total`. An entry that moves to the
 * next page because a newer one was created meanwhile comes once only; a server that knows no pages ends the walk,
 * since nothing new comes.
 */
export async function* walkPages<T extends { id: string }>(
  fetchPage: (page: number) => Promise<{ data: T[]; total?: number | undefined }>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  for (let page = 0; ; page++) {
    const { data, total } = await fetchPage(page);
    const before = seen.size;
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
