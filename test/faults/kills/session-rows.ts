/** Reads the sessions of a store directly, without latchkey. */
import { readdirSync, readFileSync, rmSync, utimesSync } from "node:fs"
import { join } from "node:path"
import { inflateSync } from "node:zlib"
import type postgres from "postgres"
import type { RedisServer } from "../../rig/redis-server.ts"

export interface SessionRow {
  readonly key: string
  /** As stored. */
  readonly text: string
  readonly user: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

export interface Rows {
  /** Without the notes on where a renewed session has moved. */
  readonly all: () => Promise<ReadonlyArray<SessionRow>>
  /** The keys that a renewal has noted for the former key. A logout with that one ends their sessions too. */
  readonly forwarded: () => Promise<ReadonlySet<string>>
  readonly remove: (key: string) => Promise<unknown>
  /** Waits until nothing works any more for a process that was killed. */
  readonly settle: () => Promise<void>
}

const rowOf = (key: string, text: string, json: string): SessionRow => {
  const data = JSON.parse(json)
  return { key, text, user: data._auth_user_id, data }
}

/** Django's signed text: the data come first, deflated if there is a dot in front. */
const signed = (key: string, text: string): SessionRow => {
  const [payload = ""] = text.split(":")
  const isDeflated = payload.startsWith(".")
  const bytes = Buffer.from(isDeflated ? payload.slice(1) : payload, "base64url")
  return rowOf(key, text, (isDeflated ? inflateSync(bytes) : bytes).toString())
}

export const databaseRows = (operator: () => postgres.Sql): Rows => ({
  all: async () =>
    (await operator()`SELECT session_key, session_data FROM django_session WHERE session_key NOT LIKE 'moved:%'`).map(
      (row) => signed(row["session_key"], row["session_data"])
    ),
  // A renewal is one statement, so no former key is left with which a client could log out.
  forwarded: async () => new Set(),
  remove: (key) => operator()`DELETE FROM django_session WHERE session_key = ${key}`,
  settle: async () => {
    for (;;) {
      const left = await operator()`SELECT 1 FROM pg_stat_activity WHERE application_name = 'latchkey'`
      if (left.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
})

const redisPrefix = ":1:django.contrib.sessions.cache"

export const redisRows = (server: () => RedisServer): Rows => ({
  all: async () => {
    const names = await server().ask("KEYS", `${redisPrefix}*`)
    const sessions = (Array.isArray(names) ? names.map(String) : []).filter((name) => !name.endsWith(":moved"))
    return Promise.all(
      sessions.map(async (name) => {
        const text = String(await server().ask("GET", name))
        return rowOf(name.slice(redisPrefix.length), text, text)
      })
    )
  },
  forwarded: async () => new Set(),
  remove: (key) => server().ask("DEL", redisPrefix + key),
  // The server reads a command before it notices that its connection has ended.
  settle: async () => {
    for (;;) {
      const clients = String(await server().ask("CLIENT", "LIST", "TYPE", "normal"))
        .trim()
        .split("\n")
      if (clients.length === 1) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
})

export const fileRows = (directory: string): Rows => ({
  all: async () =>
    readdirSync(directory)
      .filter((name) => /^sessionid[a-z0-9]{32}$/.test(name))
      .map((name) => signed(name.slice("sessionid".length), readFileSync(join(directory, name), "utf8"))),
  forwarded: async () =>
    new Set(
      readdirSync(directory)
        .filter((name) => /^sessionidlatchkeymoved[a-z0-9]{32}$/.test(name))
        .map((name) => readFileSync(join(directory, name), "utf8").split(":")[1] ?? "")
    ),
  remove: async (key) => rmSync(join(directory, `sessionid${key}`), { force: true }),
  settle: async () => {
    // A lock that a killed process leaves behind is ignored after 5 seconds. This test does not wait for them.
    const past = new Date(Date.now() - 60_000)
    for (const name of readdirSync(directory))
      if (name.startsWith(".latchkey-lock")) utimesSync(join(directory, name), past, past)
  }
})
