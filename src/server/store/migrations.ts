import { PhylumError } from '#base'
import type { Dialect } from './database.ts'

/** Marks a database as phylum's: "phyl" in ASCII, SQLite's `application_id` and the lock that PostgreSQL migrates under. */
export const APPLICATION_ID = 0x7068796c

/** A change of the schema, in SQLite's words, or in each dialect's own where the words would not do for both. */
export type Step = string | Readonly<Record<Dialect, string>>

/**
 * The schema, step by step: step n brings a database from version n to n + 1. A released step is never edited.
 *
 * What whoever holds it may act with (a key, a session, a code) is kept as its SHA-256 alone.
 */
export const MIGRATIONS: readonly Step[] = [
  `
  CREATE TABLE users (
    user_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX api_keys_by_user ON api_keys (user_id, name) WHERE revoked_at IS NULL;

  CREATE TABLE groups (
    group_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE members (
    group_id TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    PRIMARY KEY (group_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_by_user ON members (user_id);
  `,
  // Accounts that sign in: one that the command line has made has no password. Sessions of the web pages, which any of
  // several servers can read.
  `
  ALTER TABLE users ADD COLUMN password_hash TEXT;

  CREATE TABLE sessions (
    session_hash BLOB PRIMARY KEY CHECK (length(session_hash) = 32),
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_user ON sessions (user_id);
  CREATE INDEX sessions_by_end ON sessions (expires_at);
  `,

  // What the OpenID provider keeps, in its own words, and what the servers sign with.
  `
  CREATE TABLE oidc_payloads (
    model TEXT NOT NULL,
    id_hash BLOB NOT NULL CHECK (length(id_hash) = 32),
    payload TEXT NOT NULL,
    grant_hash BLOB,
    user_code_hash BLOB,
    uid_hash BLOB,
    expires_at INTEGER,
    consumed_at INTEGER,
    PRIMARY KEY (model, id_hash)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX oidc_payloads_by_grant ON oidc_payloads (grant_hash) WHERE grant_hash IS NOT NULL;
  CREATE INDEX oidc_payloads_by_user_code ON oidc_payloads (model, user_code_hash)
    WHERE user_code_hash IS NOT NULL;
  CREATE INDEX oidc_payloads_by_uid ON oidc_payloads (model, uid_hash) WHERE uid_hash IS NOT NULL;
  CREATE INDEX oidc_payloads_by_end ON oidc_payloads (expires_at);

  CREATE TABLE server_secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,

  // What several servers count and remember together.
  `
  CREATE TABLE rate_limits (
    bucket TEXT PRIMARY KEY,
    window_start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rate_limits_by_end ON rate_limits (expires_at);

  CREATE TABLE idempotency (
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key_hash)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_start ON idempotency (created_at);

  CREATE TABLE key_activity (
    activity_id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX key_activity_by_key ON key_activity (key_id, at, activity_id);
  `,

  // Organizations, projects, and what was analyzed for them. The name of a group of an organization is "ORGANIZATION/GROUP":
  // no other group has a slash in its name.
  `
  CREATE TABLE organizations (
    organization_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE organization_members (
    organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    PRIMARY KEY (organization_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX organization_members_by_user ON organization_members (user_id);

  ALTER TABLE groups ADD COLUMN organization_id TEXT REFERENCES organizations ON DELETE CASCADE;
  CREATE INDEX groups_by_organization ON groups (organization_id, name)
    WHERE organization_id IS NOT NULL;

  CREATE TABLE projects (
    project_id TEXT PRIMARY KEY,
    user_id TEXT REFERENCES users ON DELETE CASCADE,
    group_id TEXT REFERENCES groups ON DELETE CASCADE,
    name TEXT NOT NULL,
    repository_url TEXT,
    default_label TEXT,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    CHECK ((user_id IS NULL) <> (group_id IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX projects_by_user ON projects (user_id, name) WHERE user_id IS NOT NULL;
  CREATE UNIQUE INDEX projects_by_group ON projects (group_id, name) WHERE group_id IS NOT NULL;

  CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    user_id TEXT REFERENCES users ON DELETE SET NULL,
    label TEXT NOT NULL,
    packages TEXT NOT NULL,
    ecosystems TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_by_project ON jobs (project_id, created_at, job_id);
  CREATE INDEX jobs_by_user ON jobs (user_id) WHERE user_id IS NOT NULL;
  `,
]

/** Gives the text of a step in a dialect. */
export function textOf(step: Step, dialect: Dialect): string {
  if (typeof step !== 'string') return step[dialect]
  return dialect === 'sqlite' ? step : writeForPostgres(step)
}

function writeForPostgres(step: string): string {
  return step
    // SQLite compares text byte by byte. PostgreSQL would by the rules of some language, which differ between machines.
    .replace(/\bTEXT\b/g, 'TEXT COLLATE "C"')
    .replace(/\bINTEGER\b/g, 'BIGINT')
    .replace(/\bBLOB\b/g, 'BYTEA')
    .replace(/ STRICT(?:, WITHOUT ROWID)?;/g, ';')
}

/** Makes the error of a database in which somebody else keeps things. */
export function refuseForeign(name: string): PhylumError {
  return new PhylumError(
    'ERR_SERVER_DATABASE',
    `Cannot open database "${name}": it belongs to another program`,
    { hints: ['name another one with --database'] },
  )
}

/** @throws ERR_SERVER_DATABASE when the schema has steps that this phylum does not know */
export function assertNotNewer(version: number, name: string, migrations: readonly Step[]): void {
  if (version <= migrations.length) return
  throw new PhylumError(
    'ERR_SERVER_DATABASE',
    `Cannot open database "${name}": its schema is version ${version}, and this phylum knows ${migrations.length}`,
    { hints: ['a newer phylum wrote it: update phylum, or name another one with --database'] },
  )
}
