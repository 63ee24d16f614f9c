import { randomUUID } from "node:crypto";
import { TERMINAL_STATUSES } from "#common";
import { ConflictError } from "../domain/errors";
import type { FilePurpose, SampleType } from "../domain/file";
import type { DataFile } from "../domain/trainer";
import type { BlobStore, ReceivedUpload } from "./blobs";
import type { Database } from "./database";
import { limitAndOffset, type Page, SqlConditions } from "./sqlConditions";
import { committed, inTransaction } from "./transaction";

export interface StoredFile {
  id: string;
  workspace: string;
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

/** Undefined fields match all files. */
export interface FileFilter extends Page {
  sample_type?: SampleType[] | undefined;
  source?: string[] | undefined;
  /** A part of the file name. Case-insensitive. */
  search?: string | undefined;
  purpose?: FilePurpose | undefined;
  mimetypes?: string[] | undefined;
}

type FileDescription = Pick<StoredFile, "workspace" | "filename" | "purpose" | "sample_type" | "mimetype"> & {
  owner: string;
};

/** Uploaded files. The metadata is in the database, the content in the blob store. */
export class FileStore {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
  ) {
    blobs.sweep((id) => this.get(id) !== undefined);
  }

  async add(description: FileDescription, received: ReceivedUpload): Promise<StoredFile> {
    const id = randomUUID();
    await this.blobs.moveToFiles(received, id);
    try {
      const file = inTransaction(this.database, () => this.insert(id, description, received));
      await committed(this.database);
      return file;
    } catch (error) {
      await this.blobs.remove(id);
      throw error;
    }
  }

  private insert(id: string, description: FileDescription, received: ReceivedUpload): StoredFile {
    this.database
      .prepare(
        `INSERT INTO files
         (id, workspace, owner, filename, purpose, sample_type, source, mimetype, bytes, num_lines, sha256, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 'upload', ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        description.workspace,
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

  /** Returns a file of a workspace. Undefined also when the file belongs to another workspace. */
  find(id: string, workspace: string): StoredFile | undefined {
    const file = this.get(id);
    return file?.workspace === workspace ? file : undefined;
  }

  /** Newest first. */
  list(filter: FileFilter, workspace: string): { files: StoredFile[]; total: number } {
    const conditions = new SqlConditions()
      .and("workspace = ?", workspace)
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

  /** @throws {ConflictError} while an unfinished job uses the file */
  async remove(id: string): Promise<void> {
    const job = this.database
      .prepare(
        `SELECT jobs.id FROM job_files JOIN jobs ON jobs.id = job_files.job_id
         WHERE job_files.file_id = ? AND jobs.status NOT IN (SELECT value FROM json_each(?)) LIMIT 1`,
      )
      .get(id, JSON.stringify(TERMINAL_STATUSES)) as { id: string } | undefined;
    if (job !== undefined) {
      throw new ConflictError(`File ${id} is in use by job ${job.id}; cancel the job or wait until it has ended`);
    }
    inTransaction(this.database, () => this.database.prepare("DELETE FROM files WHERE id = ?").run(id));
    await committed(this.database);
    await this.blobs.remove(id);
  }

  path(id: string): string {
    return this.blobs.path(id);
  }

  /**
   * Whether each of these contents belonged to a job of the workspace that passed validation.
   *
   * @param contents SHA-256 hashes in hex
   */
  arePassed(contents: readonly string[], workspace: string): boolean {
    const row = this.database
      .prepare(
        `SELECT count(*) AS missing FROM json_each(?)
         WHERE value NOT IN (SELECT sha256 FROM passed_contents WHERE workspace = ?)`,
      )
      .get(JSON.stringify(contents), workspace) as { missing: number };
    return row.missing === 0;
  }

  /** Records contents of a job that passed validation. They stay recorded when the file is deleted. */
  markPassed(contents: readonly string[], workspace: string): void {
    inTransaction(this.database, () =>
      this.database
        .prepare("INSERT OR IGNORE INTO passed_contents (workspace, sha256) SELECT ?, value FROM json_each(?)")
        .run(workspace, JSON.stringify(contents)),
    );
  }

  /** @throws {Error} when the file does not exist. `remove` prevents this while a job uses the file. */
  dataFile(id: string): DataFile {
    const file = this.get(id);
    if (file === undefined) {
      throw new Error(`file ${id}, which a job uses, does not exist`);
    }
    return { id, name: file.filename, path: this.path(id), bytes: file.bytes, sha256: file.sha256 };
  }
}
