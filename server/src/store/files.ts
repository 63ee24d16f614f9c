import { randomUUID } from "node:crypto";
import { TERMINAL_STATUSES } from "#common";
import type { FilePurpose, SampleType } from "../domain/file";
import type { DataFile } from "../domain/trainer";
import { ConflictError } from "../http/errors";
import type { BlobStore, Received } from "./blobs";
import type { Database } from "./database";
import { limitAndOffset, type Page, SqlConditions } from "./sqlConditions";

export interface StoredFile {
  id: string;
  filename: string;
  purpose: FilePurpose;
  sample_type: SampleType;
  source: "upload";
  mimetype: string;
  bytes: number;
  num_lines: number;
  sha256: string;
  /** Milliseconds since 1970. */
  created_at: number;
}

/** Fields that are undefined match every file. */
export interface FileFilter extends Page {
  sample_type?: SampleType[] | undefined;
  source?: string[] | undefined;
  /** Part of the file's name, in any case. */
  search?: string | undefined;
  purpose?: FilePurpose | undefined;
  mimetypes?: string[] | undefined;
}

type Description = Pick<StoredFile, "filename" | "purpose" | "sample_type" | "mimetype"> & { owner: string };

/** Uploaded files: what is known of them in the database, their content in the blob store. */
export class FileStore {
  private readonly database: Database;
  private readonly blobs: BlobStore;

  constructor(database: Database, blobs: BlobStore) {
    this.database = database;
    this.blobs = blobs;
    blobs.sweep((id) => this.get(id) !== undefined);
  }

  async add(description: Description, received: Received): Promise<StoredFile> {
    const id = randomUUID();
    await this.blobs.keep(received, id);
    this.database
      .prepare(
        `INSERT INTO files
         (id, owner, filename, purpose, sample_type, source, mimetype, bytes, num_lines, sha256, created_at)
         VALUES (?, ?, ?, ?, ?, 'upload', ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        description.owner,
        description.filename,
        description.purpose,
        description.sample_type,
        description.mimetype,
        received.bytes,
        received.lines,
        received.sha256,
        Date.now(),
      );
    return this.get(id) as StoredFile;
  }

  get(id: string): StoredFile | undefined {
    return this.database.prepare("SELECT * FROM files WHERE id = ?").get(id) as StoredFile | undefined;
  }

  /** Newest first. */
  list(filter: FileFilter): { files: StoredFile[]; total: number } {
    const conditions = new SqlConditions()
      .and("purpose = ?", filter.purpose)
      .and("instr(lower(filename), lower(?)) > 0", filter.search)
      .andIn("sample_type", filter.sample_type)
      .andIn("source", filter.source)
      .andIn("mimetype", filter.mimetypes);
    const files = this.database
      .prepare(`SELECT * FROM files ${conditions.sql} ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`)
      .all(...conditions.values, ...limitAndOffset(filter)) as StoredFile[];
    const row = this.database
      .prepare(`SELECT count(*) AS total FROM files ${conditions.sql}`)
      .get(...conditions.values);
    return { files, total: (row as { total: number }).total };
  }

  /** @throws {ConflictError} while a job still needs the file */
  async remove(id: string): Promise<void> {
    const job = this.database
      .prepare(
        `SELECT jobs.id FROM job_files JOIN jobs ON jobs.id = job_files.job_id
         WHERE job_files.file_id = ? AND jobs.status NOT IN (SELECT value FROM json_each(?)) LIMIT 1`,
      )
      .get(id, JSON.stringify(TERMINAL_STATUSES)) as { id: string } | undefined;
    if (job !== undefined) {
      throw new ConflictError(`File ${id} is in use by job ${job.id}; cancel the job, or wait until it has ended`);
    }
    this.database.prepare("DELETE FROM files WHERE id = ?").run(id);
    await this.blobs.remove(id);
  }

  path(id: string): string {
    return this.blobs.path(id);
  }

  /** @throws {Error} when a file was deleted since the job was created, which `remove` prevents */
  dataFile(id: string): DataFile {
    const file = this.get(id);
    if (file === undefined) {
      throw new Error(`file ${id} of a job is gone`);
    }
    return { id, name: file.filename, path: this.path(id), bytes: file.bytes };
  }
}
