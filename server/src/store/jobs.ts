import { randomUUID } from "node:crypto";
import type { Caller } from "../domain/caller";
import { ConflictError } from "../domain/errors";
import type { Job, JobChange, JobEvent, JobState, StoredProgress } from "../domain/job";
import type { ClassifierTarget, JobSpec } from "../domain/jobSpec";
import { ACTIVE, canBecome, type JobStatus } from "../domain/status";
import type { Checkpoint, ProgramEvent, Progress } from "../domain/trainer";
import type { Database } from "./database";
import { saveEvaluations } from "./evaluations";
import { type JobRow, toJob } from "./jobRow";
import { limitAndOffset, type Page, SqlConditions } from "./sqlConditions";
import { committed, inTransaction, onceCommitted } from "./transaction";

const STATUS_UPDATED = "status-updated";

/** All checkpoints, measurements and events of a training so far. Absent: they have not changed. */
type ReportedProgress = Partial<Pick<Progress, "checkpoints" | "evaluations" | "events">>;

/** Undefined fields match all jobs. Times are milliseconds since 1970. */
export interface JobFilter extends Page {
  model?: string | undefined;
  created_after?: number | undefined;
  created_before?: number | undefined;
  created_by_me: boolean;
  status?: JobStatus | undefined;
  wandb_project?: string | undefined;
  wandb_name?: string | undefined;
  suffix?: string | undefined;
}

/** Jobs, their events and their checkpoints. Writes a status and its event in one transaction. */
export class JobStore {
  /** Grows when a job is created or its status changes. */
  revision = 0;

  /**
   * @param onStatus called when a status transition is durable. `reason` is undefined when there is none.
   * @param inTransition called with the changed job in the transaction of each status transition
   */
  constructor(
    private readonly database: Database,
    private readonly onStatus: (jobId: string, status: JobStatus, reason: unknown) => void = () => {},
    private readonly inTransition: (job: Job) => void = () => {},
  ) {}

  /** Runs `action` in a transaction. Joins the current transaction, if any. */
  atomically<Result>(action: () => Result): Result {
    return inTransaction(this.database, action);
  }

  /** Resolves when all writes so far are durable. Undefined: they already are. @throws when they could not be stored */
  committed(): Promise<void> | undefined {
    return committed(this.database);
  }

  create(spec: JobSpec, trainer: string, { workspace, owner }: Caller): Job {
    const id = randomUUID();
    const now = Date.now();
    const { classifier_targets: targets, ...rest } = spec;
    return this.atomically(() => {
      this.revision += 1;
      const { lastInsertRowid: seq } = this.database
        .prepare(
          `INSERT INTO jobs (id, workspace, owner, status, trainer, model, suffix, spec, created_at, modified_at)
           VALUES (?, ?, ?, 'QUEUED', ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, workspace, owner, trainer, spec.model, spec.suffix ?? null, JSON.stringify(rest), now, now);
      for (const fileId of new Set([...spec.training_files.map((file) => file.file_id), ...spec.validation_files])) {
        this.database.prepare("INSERT INTO job_files (job_id, file_id) VALUES (?, ?)").run(id, fileId);
      }
      for (const { project, name } of spec.integrations) {
        this.database
          .prepare("INSERT INTO job_integrations (job_seq, project, name) VALUES (?, ?, ?)")
          .run(seq, project, name ?? null);
      }
      if (targets.length > 0) {
        this.database
          .prepare("INSERT INTO job_targets (job_seq, targets) VALUES (?, ?)")
          .run(seq, JSON.stringify(targets));
      }
      this.insertEvent(id, STATUS_UPDATED, { status: "QUEUED" }, now);
      return this.get(id) as Job;
    });
  }

  get(id: string): Job | undefined {
    const row = this.database.prepare("SELECT * FROM jobs WHERE id = ?").get(id) as JobRow | undefined;
    return row && this.toJob(row);
  }

  /** Returns jobs in the order of their IDs. Omits unknown ones. */
  getAll(ids: readonly string[]): Job[] {
    const rows = this.database
      .prepare("SELECT jobs.* FROM json_each(?) JOIN jobs ON jobs.id = value ORDER BY key")
      .all(JSON.stringify(ids)) as JobRow[];
    return rows.map((row) => this.toJob(row));
  }

  /** Returns a job of a workspace. Undefined also when the job belongs to another workspace. */
  find(id: string, workspace: string): Job | undefined {
    const job = this.get(id);
    return job?.workspace === workspace ? job : undefined;
  }

  /** Returns one page of the caller's workspace, newest first, and the number of all matching jobs. */
  list(filter: JobFilter, { workspace, owner }: Caller): { jobs: Job[]; total: number } {
    // The unary `+` prevents SQLite from using the primary key here. SQLite would then read and sort all matching jobs
    // instead of using an index in list order.
    const integration = (field: string) => `+seq IN (SELECT job_seq FROM job_integrations WHERE ${field} = ?)`;
    const conditions = new SqlConditions()
      .and("workspace = ?", workspace)
      .and("model = ?", filter.model)
      .and("created_at >= ?", filter.created_after)
      .and("created_at < ?", filter.created_before)
      .and("owner = ?", filter.created_by_me ? owner : undefined)
      .and("status = ?", filter.status)
      .and(integration("project"), filter.wandb_project)
      .and(integration("name"), filter.wandb_name)
      .and("suffix = ?", filter.suffix);
    const rows = this.database
      .prepare(`SELECT * FROM jobs ${conditions.sql} ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?`)
      .all(...conditions.values, ...limitAndOffset(filter)) as JobRow[];
    const row = this.database.prepare(`SELECT count(*) AS total FROM jobs ${conditions.sql}`).get(...conditions.values);
    return { jobs: rows.map((row) => this.toJob(row)), total: (row as { total: number }).total };
  }

  /** Returns the ids of the jobs that the supervisor works on, oldest first. Includes only jobs of `trainers`. */
  active(trainers: readonly string[]): string[] {
    const conditions = new SqlConditions().andIn("status", ACTIVE).andIn("trainer", trainers);
    const rows = this.database
      .prepare(`SELECT id FROM jobs ${conditions.sql} ORDER BY created_at, seq`)
      .all(...conditions.values) as { id: string }[];
    return rows.map((row) => row.id);
  }

  /** Returns the states of jobs by ID. Reads only what polls need. */
  states(ids: readonly string[]): Map<string, JobState> {
    const rows = this.database
      .prepare("SELECT id, status, trainer, cancel_requested_at FROM jobs WHERE id IN (SELECT value FROM json_each(?))")
      .all(JSON.stringify(ids)) as Pick<JobRow, "id" | "status" | "trainer" | "cancel_requested_at">[];
    return new Map(
      rows.map(({ id, status, trainer, cancel_requested_at: cancelRequestedAt }) => [
        id,
        { status, trainer, ...(cancelRequestedAt !== null && { cancelRequestedAt }) },
      ]),
    );
  }

  /** Returns the number of jobs by status. Omits statuses without jobs. */
  countByStatus(): Map<JobStatus, number> {
    const rows = this.database.prepare("SELECT status, count(*) AS jobs FROM jobs GROUP BY status").all();
    return new Map((rows as { status: JobStatus; jobs: number }[]).map(({ status, jobs }) => [status, jobs]));
  }

  /**
   * Changes the status of a job and adds an event.
   *
   * @param details more fields of the event, for example `reason`
   * @throws {ConflictError} when the transition is not allowed
   */
  transition(id: string, to: JobStatus, change: JobChange = {}, details: Record<string, unknown> = {}): Job {
    return this.atomically(() => {
      const job = this.get(id) as Job;
      if (!canBecome(job.status, to)) {
        throw new ConflictError(`Job ${id} is ${job.status} and cannot become ${to}`);
      }
      const now = Date.now();
      this.revision += 1;
      this.database
        .prepare(
          `UPDATE jobs SET status = ?, modified_at = ?, plan = coalesce(?, plan),
           started_at = coalesce(?, started_at), cancel_requested_at = coalesce(?, cancel_requested_at),
           fine_tuned_model = coalesce(?, fine_tuned_model) WHERE id = ?`,
        )
        .run(
          to,
          now,
          change.plan === undefined ? null : JSON.stringify(change.plan),
          change.startedAt ?? null,
          change.cancelRequestedAt ?? null,
          change.fineTunedModel ?? null,
          id,
        );
      if (change.stopReason !== undefined && job.progress !== undefined) {
        const { remainingSeconds: _, ...progress } = job.progress;
        this.saveProgress(id, { ...progress, stopReason: change.stopReason });
      }
      this.insertEvent(id, STATUS_UPDATED, { status: to, ...details }, now);
      onceCommitted(this.database, () => this.onStatus(id, to, details.reason));
      const changed = this.get(id) as Job;
      this.inTransition(changed);
      return changed;
    });
  }

  /** Stores the progress of a training. Adds new events, and removes deleted checkpoints. */
  record(id: string, progress: StoredProgress, { checkpoints, evaluations, events = [] }: ReportedProgress): void {
    this.atomically(() => {
      this.saveProgress(id, progress);
      if (checkpoints !== undefined) this.saveCheckpoints(id, checkpoints);
      if (evaluations !== undefined) saveEvaluations(this.database, id, evaluations);
      if (events.length > 0) this.addNewEvents(id, events);
    });
  }

  private saveCheckpoints(id: string, checkpoints: Checkpoint[]): void {
    this.database
      .prepare("DELETE FROM checkpoints WHERE job_id = ? AND step NOT IN (SELECT value FROM json_each(?))")
      .run(id, JSON.stringify(checkpoints.map(({ step }) => step)));
    for (const { step, metrics, createdAt } of checkpoints) {
      this.database
        .prepare(
          `INSERT INTO checkpoints (job_id, step, metrics, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (job_id, step) DO UPDATE SET metrics = excluded.metrics, created_at = excluded.created_at
             WHERE metrics <> excluded.metrics`,
        )
        .run(id, step, JSON.stringify(metrics), createdAt);
    }
  }

  private addNewEvents(id: string, events: ProgramEvent[]): void {
    const row = this.database.prepare("SELECT max(line) AS line FROM events WHERE job_id = ?").get(id);
    const { line: lastLine } = row as { line: number | null };
    for (const { name, data, createdAt, line } of events.filter((event) => event.line > (lastLine ?? 0))) {
      this.insertEvent(id, name, data, createdAt, line);
    }
  }

  /** Adds an event without a status transition. */
  addEvent(id: string, name: string, data: Record<string, unknown>): void {
    this.atomically(() => this.insertEvent(id, name, data, Date.now()));
  }

  /** Returns the jobs that have used a file, for training or validation. */
  usingFile(fileId: string): Job[] {
    const rows = this.database
      .prepare("SELECT * FROM jobs WHERE id IN (SELECT job_id FROM job_files WHERE file_id = ?)")
      .all(fileId) as JobRow[];
    return rows.map((row) => this.toJob(row));
  }

  /** Newest first, like the hosted API. */
  events(id: string): JobEvent[] {
    const rows = this.database
      .prepare("SELECT name, data, created_at FROM events WHERE job_id = ? ORDER BY seq DESC")
      .all(id) as { name: string; data: string; created_at: number }[];
    return rows.map((row) => ({ name: row.name, data: JSON.parse(row.data), createdAt: row.created_at }));
  }

  /** Returns the reason of the current status, which only a failure has. */
  reasonOf(id: string): string | undefined {
    const row = this.database
      .prepare("SELECT data FROM events WHERE job_id = ? AND name = ? ORDER BY seq DESC LIMIT 1")
      .get(id, STATUS_UPDATED) as { data: string } | undefined;
    const reason = row && JSON.parse(row.data).reason;
    return typeof reason === "string" ? reason : undefined;
  }

  /** Newest first, like the hosted API. */
  checkpoints(id: string): Checkpoint[] {
    const rows = this.database
      .prepare("SELECT step, metrics, created_at FROM checkpoints WHERE job_id = ? ORDER BY step DESC")
      .all(id) as { step: number; metrics: string; created_at: number }[];
    return rows.map((row) => ({ step: row.step, metrics: JSON.parse(row.metrics), createdAt: row.created_at }));
  }

  private toJob(row: JobRow): Job {
    return toJob(row, (seq) => this.targets(seq));
  }

  private targets(seq: number): ClassifierTarget[] {
    const row = this.database.prepare("SELECT targets FROM job_targets WHERE job_seq = ?").get(seq);
    return row === undefined ? [] : JSON.parse((row as { targets: string }).targets);
  }

  private saveProgress(id: string, progress: StoredProgress): void {
    this.database.prepare("UPDATE jobs SET progress = ? WHERE id = ?").run(JSON.stringify(progress), id);
  }

  private insertEvent(id: string, name: string, data: Record<string, unknown>, createdAt: number, line?: number): void {
    this.database
      .prepare("INSERT INTO events (job_id, name, data, created_at, line) VALUES (?, ?, ?, ?, ?)")
      .run(id, name, JSON.stringify(data), createdAt, line ?? null);
  }
}
