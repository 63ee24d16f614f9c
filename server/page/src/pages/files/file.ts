/** A file in the reply of `GET /v1/files`: the fields that the page shows. Times are seconds since 1970. */
export interface StoredFile {
  id: string;
  filename: string;
  bytes: number;
  created_at: number;
  /** The number of samples, except for a file that is only evaluated. */
  num_lines?: number;
  sample_type?: string;
  purpose: string;
}

export interface FileList {
  data: StoredFile[];
  total: number;
}

export const PAGE_SIZE = 50;

/** Returns the server's route for a page of files. @param page the first page is 1 */
export function filesRoute(search: string, page: number): string {
  const parameters = new URLSearchParams({ page: String(page - 1), page_size: String(PAGE_SIZE) });
  if (search.trim() !== "") parameters.set("search", search.trim());
  return `v1/files?${parameters}`;
}
