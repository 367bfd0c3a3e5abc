/** Databases with many users and sessions. PostgreSQL makes and signs the rows itself, with its extension pgcrypto. */
import { createHash } from "node:crypto"
import { Core, pbkdf2Sha256 } from "latchkey"
import { postgres as stores } from "latchkey/postgres"
import postgres from "postgres"
import { secretKey } from "../store.ts"

/** One user for so many sessions. */
const sessionsPerUser = 10

/** The key of the session with this number, from 0. */
export const keyOf = (session: number): string => createHash("md5").update(`session ${session}`).digest("hex")

/** Signing takes PostgreSQL long: of more than 100,000 sessions only so many are signed, and only those are visited. */
const signedStep = (sessions: number): number => Math.max(1, Math.floor(sessions / 100_000))
/** A session that can be visited, at random: they are spread evenly over table and indexes. */
export const randomSession = (sessions: number): number => {
  const step = signedStep(sessions)
  return step * Math.floor(Math.random() * Math.ceil(sessions / step))
}
/** The name of the user of the session with this number. */
export const usernameOf = (session: number): string => `user${1 + Math.floor(session / sessionsPerUser)}`

const twoWeeks = 14 * 24 * 3600

/** The key of Django's signer for sessions. */
const signingKey = () =>
  createHash("sha256").update(`django.contrib.sessions.SessionStoresigner${secretKey}`).digest("hex")

/** @param sessions how many: each is of a user, and valid */
export const fillWithSessions = async (url: string, sessions: number): Promise<void> => {
  const pg = stores({ url })
  await pg.createTables()
  await pg.close()
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const password = await pbkdf2Sha256({ iterations: 1 }).encode("the password", "saltsaltsaltsaltsaltsa")
  const [authHash] = Core.settings({ secretKey }).authHashes(password)
  await sql`INSERT INTO auth_user
    (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
    SELECT ${password}, false, 'user' || n, '', '', 'user' || n || '@example.com', false, true, now()
    FROM generate_series(1, ${Math.ceil(sessions / sessionsPerUser)}::int) n`
  await sql`CREATE EXTENSION pgcrypto`
  const indexes = await sql`SELECT indexdef FROM pg_indexes WHERE tablename = 'django_session'
    AND indexname <> 'django_session_pkey'`
  const names = await sql`SELECT indexname FROM pg_indexes WHERE tablename = 'django_session'
    AND indexname <> 'django_session_pkey'`
  // Indexes that are made afterwards cost less than indexes that grow row by row.
  for (const { indexname } of names) await sql.unsafe(`DROP INDEX ${indexname}`)
  await sql`ALTER TABLE django_session DROP CONSTRAINT django_session_pkey`
  await sql.unsafe(insertSessions(0, sessions, authHash, twoWeeks))
  await sql`ALTER TABLE django_session ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key)`
  for (const { indexdef } of indexes) await sql.unsafe(String(indexdef))
  await sql`VACUUM ANALYZE`
  await sql`CHECKPOINT`
  await sql.end()
}

/** Adds sessions that have expired. */
export const addExpired = async (sql: postgres.Sql, from: number, count: number): Promise<void> => {
  await sql.unsafe(insertSessions(from, count, "", -twoWeeks))
  await sql`VACUUM ANALYZE django_session`
  await sql`CHECKPOINT`
}

/**
 * The expiry dates are spread over one day around `seconds` from now. The texts differ, so no cache of texts helps. A text
 * that is not signed has the length of the others.
 */
const insertSessions = (from: number, count: number, authHash: string, seconds: number): string => `
  INSERT INTO django_session (session_key, session_data, expire_date)
  SELECT md5('session ' || n),
    CASE WHEN n % ${signedStep(count)} = 0
      THEN (SELECT body || ':' || ${base64url(`hmac(convert_to(body, 'UTF8'), '\\x${signingKey()}', 'sha256')`)}
        FROM (SELECT ${base64url(`convert_to(${jsonOf(authHash)}, 'UTF8')`)} || ':1tkAAA' AS body) AS texts)
      ELSE lpad(md5(n::text), 332, 'eyJfYXV0aF91c2VyX2lkIjoi') END,
    now() + interval '1 second' * (${seconds} + (n % 86400))
  FROM generate_series(${from}, ${from + count - 1}) n`

const base64url = (bytes: string): string =>
  `translate(rtrim(replace(encode(${bytes}, 'base64'), E'\\n', ''), '='), '+/', '-_')`

const jsonOf = (authHash: string): string =>
  `'{"_auth_user_id":"' || (1 + n / ${sessionsPerUser}) || '","_auth_user_backend":'
    || '"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"${authHash}","n":' || n || '}'`
