import type { SessionKeys } from "latchkey/testing"

/** Sessions in PostgreSQL. `query` sends a statement, as the client of your application does, and returns the rows. */
export const keysInPostgres =
  (query: (statement: string) => Promise<ReadonlyArray<{ readonly session_key: string }>>): SessionKeys =>
  async () =>
    (await query("SELECT session_key FROM django_session")).map((row) => row.session_key)

/** Sessions in Redis: the keys without the prefix that latchkey, and Django, put before them. */
export const keysInRedis =
  (redis: { readonly keys: (pattern: string) => Promise<ReadonlyArray<string>> }): SessionKeys =>
  async () =>
    (await redis.keys(":1:django.contrib.sessions.cache*")).map((key) => key.slice(-32))
