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

/** What an uploaded file is for. */
export type FilePurpose = "fine-tune" | "batch" | "ocr";

/** Which files a list shows; every filter narrows it. */
export interface FileFilters {
  sample_type?: readonly string[] | undefined;
  source?: readonly string[] | undefined;
  /** Part of the name. */
  search?: string | undefined;
  purpose?: FilePurpose | undefined;
  mimetypes?: readonly string[] | undefined;
}

/** Which page of the list is wanted. */
export interface FileListRequest extends FileFilters {
  /** From 0. */
  page?: number | undefined;
  page_size?: number | undefined;
  /** Whether the reply has a `total`; default true. */
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
   * Uploads a file, streamed and in constant memory. It is sent once: a repeat would leave a second copy behind. What the
   * server kept of another size is deleted again.
   *
   * @throws {FileUnreadableError} the file cannot be read
   * @throws {FileChangedError} the file changed meanwhile, or has not the `sha256` that was asked for
   * @throws {PayloadTooLargeError} over 512 MiB
   * @throws {InvalidResponseError} the server has it with another size
   * @example
   * const file = await client.files.upload({ path: "train.jsonl" });
   */
  async upload(source: FileSource, options: UploadOptions = {}): Promise<File> {
    // Before the file is opened: without a key nothing happens at all.
    this.http.assertKey();
    return uploadSource(source, options.purpose ?? "fine-tune", options.onProgress, async (body, { label, bytes }) => {
      const request = { method: "POST", path: PATH, body, repeatable: false } as const;
      const file = await this.http.json(fileSchema, request, options);
      if (file.bytes === undefined || file.bytes === bytes) return file;
      const left = await this.delete(file.id, options).then(
        () => "was deleted again",
        () => "could not be deleted again",
      );
      throw new InvalidResponseError(
        { ...request, baseUrl: this.http.baseUrl },
        { status: 200, field: "bytes" },
        `${bytes} bytes of ${label} were sent, and the server has ${file.bytes}, as file ${file.id}, which ${left}`,
      );
    });
  }

  /** One page of files. */
  async list(request: FileListRequest = {}, options?: RequestOptions): Promise<FileList> {
    return this.http.json(
      fileListSchema,
      { method: "GET", path: PATH, query: toQuery({ ...request }), repeatable: true },
      options,
    );
  }

  /** All files that the filters let through, page by page as they are asked for. */
  listAll(
    filters: FileFilters & { page_size?: number | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<File> {
    return walkPages((page) => this.list({ page_size: LARGEST_PAGE, ...filters, page }, options));
  }

  /** What the server knows of a file. */
  async get(id: string, options?: RequestOptions): Promise<File> {
    return this.http.json(fileSchema, { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true }, options);
  }

  /**
   * The file's content. The stream fails with one of this client's errors when the connection breaks; destroy it when
   * you do not read it to its end.
   *
   * @example
   * await pipeline(await client.files.download(id), createWriteStream("train.jsonl"));
   */
  async download(id: string, options?: RequestOptions): Promise<Readable> {
    const request = { method: "GET", path: `${PATH}/${segment(id)}/content`, repeatable: true } as const;
    return this.http.stream(request, options);
  }

  /**
   * A URL that gives the file's content without a key. Treat it as a secret.
   *
   * @param options `expiry`: hours until it ends; the server's default is 24
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
   * @throws {NotFoundError} there is none; unless a repeat found none, because an earlier attempt had deleted it
   */
  async delete(id: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, id, options);
  }
}
