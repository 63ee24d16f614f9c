import type { Readable } from "node:stream";
import { InvalidResponseError } from "../errors/errors";
import { deleteIdempotently } from "../http/deletion";
import type { Http } from "../http/http";
import { LARGEST_PAGE, walkPages } from "../http/pages";
import { segment, toQuery } from "../http/query";
import type { RequestOptions } from "../options";
import { fileListSchema, fileSchema, signedUrlSchema } from "../schemas";
import type { Deleted, File, FileList, SignedUrl } from "../types.generated";
import type { FileSource } from "./fileSource";
import { type UploadProgress, uploadSource } from "./upload";

const PATH = "/v1/files";

/** The purpose of an uploaded file. */
export type FilePurpose = "fine-tune" | "batch" | "ocr";

/** Filters of a file list. A file must match all of them. */
export interface FileFilters {
  sample_type?: readonly string[] | undefined;
  source?: readonly string[] | undefined;
  /** Part of the file name. */
  search?: string | undefined;
  purpose?: FilePurpose | undefined;
  mimetypes?: readonly string[] | undefined;
}

/** One page of a file list. */
export interface FileListRequest extends FileFilters {
  /** Page number, from 0. */
  page?: number | undefined;
  page_size?: number | undefined;
  /** Whether the reply contains `total`; default true. */
  include_total?: boolean | undefined;
}

/** Options of an upload. */
export interface UploadOptions extends RequestOptions {
  /** Default `fine-tune`. */
  purpose?: FilePurpose | undefined;
  onProgress?: UploadProgress | undefined;
}

/** Uploaded files. */
export class Files {
  constructor(private readonly http: Http) {}

  /**
   * Uploads a file as a stream, in constant memory. The request is not retried, because a retry could create a second copy. If the
   * server reports another size than was sent, the file is deleted.
   *
   * @throws {FileUnreadableError} the file cannot be read
   * @throws {FileChangedError} the file changed during the upload, or does not match `sha256`
   * @throws {PayloadTooLargeError} the file is larger than 512 MiB
   * @throws {InvalidResponseError} the server reports another size than was sent
   * @example
   * const file = await client.files.upload({ path: "train.jsonl" });
   */
  async upload(source: FileSource, options: UploadOptions = {}): Promise<File> {
    // Report a missing key before opening the file.
    this.http.assertKey();
    return uploadSource(source, options.purpose ?? "fine-tune", options.onProgress, async (body, { label, bytes }) => {
      const request = { method: "POST", path: PATH, body, repeatable: false } as const;
      const file = await this.http.json(fileSchema, request, options);
      if (file.bytes === undefined || file.bytes === bytes) return file;
      const left = await this.delete(file.id, options).then(
        () => "was deleted",
        () => "could not be deleted",
      );
      throw new InvalidResponseError(
        { ...request, baseUrl: this.http.baseUrl },
        { status: 200, field: "bytes" },
        `the client sent ${bytes} bytes of ${label}, but the server reports ${file.bytes} bytes for file ${file.id}, which ${left}`,
      );
    });
  }

  /** Returns one page of files. */
  async list(request: FileListRequest = {}, options?: RequestOptions): Promise<FileList> {
    return this.http.json(
      fileListSchema,
      { method: "GET", path: PATH, query: toQuery({ ...request }), repeatable: true },
      options,
    );
  }

  /** Iterates over all files that match the filters, and requests each page when it is needed. */
  listAll(
    filters: FileFilters & { page_size?: number | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<File> {
    return walkPages((page) => this.list({ page_size: LARGEST_PAGE, ...filters, page }, options));
  }

  /** Returns a file's metadata. */
  async get(id: string, options?: RequestOptions): Promise<File> {
    return this.http.json(fileSchema, { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true }, options);
  }

  /**
   * Returns the file's content as a stream. The stream fails with one of this client's errors when the connection breaks. Destroy
   * the stream if you do not read it to the end.
   *
   * @example
   * await pipeline(await client.files.download(id), createWriteStream("train.jsonl"));
   */
  async download(id: string, options?: RequestOptions): Promise<Readable> {
    const request = { method: "GET", path: `${PATH}/${segment(id)}/content`, repeatable: true } as const;
    return this.http.stream(request, options);
  }

  /**
   * Returns a URL that serves the file's content without an API key. Treat the URL as a secret.
   *
   * @param options `expiry`: hours until the URL expires; the server's default is 24
   */
  async getSignedUrl(id: string, options: RequestOptions & { expiry?: number | undefined } = {}): Promise<SignedUrl> {
    return this.http.json(
      signedUrlSchema,
      {
        method: "GET",
        path: `${PATH}/${segment(id)}/url`,
        query: toQuery({ expiry: options.expiry }),
        repeatable: true,
      },
      options,
    );
  }

  /**
   * Deletes a file.
   *
   * @throws {NotFoundError} the file does not exist. Not thrown after a retry: an earlier attempt may have deleted the file
   */
  async delete(id: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, id, options);
  }
}
