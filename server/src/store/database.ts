import Database from "libsql";
import { UsageError } from "../domain/errors";
import { cacheStatements } from "./statementCache";
import { commitNow } from "./transaction";

export type { Database } from "libsql";

/** Times are milliseconds since 1970. `seq` orders rows that were created within the same millisecond. */
const SCHEMA = `
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  filename TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sample_type TEXT NOT NULL,
  source TEXT NOT NULL,
  mimetype TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  num_lines INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  trainer TEXT NOT NULL,
  model TEXT NOT NULL,
  suffix TEXT,
  spec TEXT NOT NULL,
  plan TEXT,
  progress TEXT,
  started_at INTEGER,
  cancel_requested_at INTEGER,
  fine_tuned_model TEXT,
  created_at INTEGER NOT NULL,
  modified_at INTEGER NOT NULL
);
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_by_suffix ON jobs (suffix);
CREATE INDEX jobs_by_creation ON jobs (created_at, seq);
CREATE TABLE job_files (
  job_id TEXT NOT NULL REFERENCES jobs (id),
  file_id TEXT NOT NULL
);
CREATE INDEX job_files_by_file ON job_files (file_id);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX events_by_job ON events (job_id, seq);
CREATE TABLE checkpoints (
  job_id TEXT NOT NULL REFERENCES jobs (id),
  step INTEGER NOT NULL,
  metrics TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (job_id, step)
);
CREATE TABLE models (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  root TEXT NOT NULL,
  job_type TEXT NOT NULL,
  classifier_targets TEXT NOT NULL,
  name TEXT,
  description TEXT,
  archived INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
`;

/** The SQL that upgrades each schema version to the next. The first entry creates the schema. */
const MIGRATIONS: readonly string[] = [
  SCHEMA,
  // `line` is the line in progress.jsonl that reported the event. NULL for events of the server itself.
  `ALTER TABLE events ADD COLUMN line INTEGER;
   ALTER TABLE models ADD COLUMN artifact_bytes INTEGER;
   CREATE INDEX models_by_job ON models (job_id);`,
  // Each filter index also has the sort order of the list, so a page does not read all matching jobs. SQLite appends
  // `seq` (the rowid) to every index.
  `DROP INDEX jobs_by_status;
   DROP INDEX jobs_by_suffix;
   CREATE INDEX jobs_by_status ON jobs (status, created_at);
   CREATE INDEX jobs_by_suffix ON jobs (suffix, created_at);
   CREATE INDEX jobs_by_model ON jobs (model, created_at);
   CREATE INDEX jobs_by_owner ON jobs (owner, created_at);
   CREATE TABLE job_integrations (
     job_seq INTEGER NOT NULL REFERENCES jobs (seq),
     project TEXT NOT NULL,
     name TEXT
   );
   CREATE INDEX job_integrations_by_project ON job_integrations (project, job_seq);
   CREATE INDEX job_integrations_by_name ON job_integrations (name, job_seq);
   INSERT INTO job_integrations (job_seq, project, name)
     SELECT seq, json_extract(value, '$.project'), json_extract(value, '$.name')
     FROM jobs, json_each(spec, '$.integrations');`,
  // The contents of data files of jobs that passed validation, and of jobs that an earlier release was about to validate.
  // For these contents, a new data rule only causes a warning.
  `CREATE TABLE passed_contents (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
   INSERT OR IGNORE INTO passed_contents
     SELECT files.sha256 FROM jobs
     JOIN job_files ON job_files.job_id = jobs.id
     JOIN files ON files.id = job_files.file_id
     WHERE jobs.plan IS NOT NULL OR jobs.status IN ('QUEUED', 'VALIDATING');`,
  // The labels of a classifier can be a megabyte long. Lists and polls read the rows of jobs, and each change of a job
  // writes its row, so the labels have their own table.
  `CREATE TABLE job_targets (job_seq INTEGER PRIMARY KEY REFERENCES jobs (seq), targets TEXT NOT NULL);
   INSERT INTO job_targets (job_seq, targets)
     SELECT seq, json_extract(spec, '$.classifier_targets') FROM jobs
     WHERE json_array_length(spec, '$.classifier_targets') > 0;
   UPDATE jobs SET spec = json_remove(spec, '$.classifier_targets');`,
  // Every row belongs to a workspace: the rows of earlier releases to `default`. The indexes of lists begin with the
  // workspace. `passed_contents` is rebuilt, because a workspace must not learn which contents another one has.
  `ALTER TABLE files ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
   ALTER TABLE jobs ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
   ALTER TABLE models ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
   DROP INDEX jobs_by_creation;
   DROP INDEX jobs_by_suffix;
   DROP INDEX jobs_by_model;
   DROP INDEX jobs_by_owner;
   CREATE INDEX jobs_by_creation ON jobs (workspace, created_at);
   CREATE INDEX jobs_by_workspace_status ON jobs (workspace, status, created_at);
   CREATE INDEX jobs_by_suffix ON jobs (workspace, suffix, created_at);
   CREATE INDEX jobs_by_model ON jobs (workspace, model, created_at);
   CREATE INDEX jobs_by_owner ON jobs (workspace, owner, created_at);
   CREATE INDEX files_by_creation ON files (workspace, created_at);
   CREATE INDEX models_by_creation ON models (workspace, created_at);
   ALTER TABLE passed_contents RENAME TO all_passed_contents;
   CREATE TABLE passed_contents (
     workspace TEXT NOT NULL,
     sha256 TEXT NOT NULL,
     PRIMARY KEY (workspace, sha256)
   ) WITHOUT ROWID;
   INSERT INTO passed_contents (workspace, sha256) SELECT 'default', sha256 FROM all_passed_contents;
   DROP TABLE all_passed_contents;`,
  // The signing keys of URLs. `valid_until` is NULL for the current key.
  `CREATE TABLE signing_keys (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     value TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     valid_until INTEGER
   );
   INSERT INTO signing_keys (value, created_at)
     SELECT value, CAST(strftime('%s', 'now') AS INTEGER) * 1000 FROM secrets WHERE name = 'url-signing-key';
   DROP TABLE secrets;`,
  // Holds keep models from being archived and deleted. `pending_deletion_policy` is what a hold delays: `archive` or `delete`.
  `ALTER TABLE models ADD COLUMN pending_deletion_policy TEXT;
   CREATE TABLE holds (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     workspace TEXT NOT NULL,
     holder TEXT NOT NULL,
     description TEXT,
     created_at INTEGER NOT NULL,
     UNIQUE (workspace, holder)
   );
   CREATE TABLE held_models (
     hold_seq INTEGER NOT NULL REFERENCES holds (seq),
     model_id TEXT NOT NULL,
     UNIQUE (hold_seq, model_id)
   );
   CREATE INDEX held_models_by_model ON held_models (model_id);`,
  // The measurements of jobs, and evaluations on demand. The sample answers of an evaluation contain validation data, and
  // end with the data or the model, whichever is deleted first.
  `CREATE TABLE evaluations (
     job_id TEXT NOT NULL REFERENCES jobs (id),
     stage TEXT NOT NULL,
     step INTEGER NOT NULL,
     figures TEXT NOT NULL,
     PRIMARY KEY (job_id, stage)
   );
   CREATE TABLE evaluation_targets (
     job_id TEXT NOT NULL REFERENCES jobs (id),
     stage TEXT NOT NULL,
     targets TEXT NOT NULL,
     PRIMARY KEY (job_id, stage)
   );
   CREATE TABLE model_evaluations (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     workspace TEXT NOT NULL,
     key TEXT NOT NULL,
     model TEXT NOT NULL,
     job_id TEXT NOT NULL REFERENCES jobs (id),
     trainer TEXT NOT NULL,
     samples INTEGER NOT NULL,
     status TEXT NOT NULL,
     figures TEXT,
     sample_answers TEXT,
     reason TEXT,
     created_at INTEGER NOT NULL,
     UNIQUE (workspace, key)
   );
   CREATE INDEX model_evaluations_by_status ON model_evaluations (status);
   CREATE TRIGGER forget_answers_of_models AFTER DELETE ON models BEGIN
     UPDATE model_evaluations SET sample_answers = NULL WHERE model = OLD.id;
   END;
   CREATE TRIGGER forget_answers_to_files AFTER DELETE ON files BEGIN
     UPDATE model_evaluations SET sample_answers = NULL
     WHERE job_id IN (SELECT job_id FROM job_files WHERE file_id = OLD.id);
   END;`,
  // `id` is the line in progress.jsonl that reported the point. `metric_series` has how the points are thinned.
  `CREATE TABLE metric_points (
     job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
     id INTEGER NOT NULL,
     type TEXT NOT NULL,
     step INTEGER NOT NULL,
     metrics TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     PRIMARY KEY (job_seq, id)
   ) WITHOUT ROWID;
   CREATE UNIQUE INDEX metric_points_by_step ON metric_points (job_seq, type, step);
   CREATE TABLE metric_series (
     job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
     type TEXT NOT NULL,
     stride INTEGER NOT NULL,
     since INTEGER NOT NULL,
     extra INTEGER,
     points INTEGER NOT NULL,
     PRIMARY KEY (job_seq, type)
   ) WITHOUT ROWID;`,
  // Sessions of the page. `data_folder` has a random ID: the name of the page's cookie contains it.
  `CREATE TABLE sessions (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     token_hash TEXT NOT NULL UNIQUE,
     owner TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL
   );
   CREATE INDEX sessions_by_owner ON sessions (owner);
   CREATE INDEX sessions_by_expiry ON sessions (expires_at);
   CREATE TABLE data_folder (id TEXT NOT NULL);
   INSERT INTO data_folder (id) VALUES (lower(hex(randomblob(4))));`,
  // Notifications that are not delivered yet, and the missed approvals of the last day. `target` is the hash of a URL, which
  // may contain a token.
  `CREATE TABLE webhook_deliveries (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL,
     target TEXT NOT NULL,
     body TEXT NOT NULL,
     attempts INTEGER NOT NULL,
     due_at INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   );
   CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (target, due_at);
   CREATE TABLE approval_misses (key TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID;`,
];
const SCHEMA_VERSION = MIGRATIONS.length;

/** The longest wait for another process that writes, in milliseconds. The wait blocks this process, so it is short. */
const BUSY_TIMEOUT = 1000;

/** Whether `openDatabase` would upgrade the schema of this database. A server of the earlier release could not use it then. */
export function needsUpgrade(path: string): boolean {
  const database = new Database(path);
  try {
    return schemaVersion(database) < SCHEMA_VERSION;
  } finally {
    database.close();
  }
}

function schemaVersion(database: Database.Database): number {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  return version;
}

/**
 * Opens the database, creates the tables of a new one, and upgrades the schema of an old one. Closing the database commits
 * the writes that are not durable yet.
 *
 * @throws {UsageError} when a newer version of the server wrote the database
 */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path);
  // The command `rotate-signing-key` writes to the database of a running server.
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  const version = schemaVersion(database);
  if (version > SCHEMA_VERSION) {
    database.close();
    throw new UsageError(
      `${path} was written by a newer version of this server; install that version, or use another --data`,
    );
  }
  if (version < SCHEMA_VERSION) {
    const missing = MIGRATIONS.slice(version).join("\n");
    database.exec(`BEGIN IMMEDIATE; ${missing} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
  }
  cacheStatements(database);
  const close = database.close.bind(database);
  database.close = () => {
    commitNow(database);
    return close();
  };
  return database;
}
