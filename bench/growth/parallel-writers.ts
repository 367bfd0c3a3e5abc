/** Requests that write one session at the same time: the statements that PostgreSQL gets for all of them. */
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { withAuth } from "latchkey/fetch"
import { postgres } from "latchkey/postgres"
import { startPostgres } from "../../test/rig/postgres-server.ts"
import { secretKey } from "../store.ts"

export interface WritersResult {
  /** Requests at the same time, divided among the processes. */
  readonly writers: number
  /** Each is an application with its own connections: they share nothing but the database. */
  readonly processes: number
  readonly statements: number
}

const credentials = { username: "writer", password: "the password" }

/** The requests of a round write when all of them have read the session, so that all compare with the same text. */
const gate = { expected: 0, arrived: 0, isOpen: Promise.withResolvers<void>() }

const startApplication = (url: string) => {
  const pg = postgres({ url, max: 10, deadlineSeconds: 30, operationDeadlineSeconds: 60 })
  const auth = createAuth({
    secretKey,
    sessions: pg.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    csrfCookie: { secure: true },
    allowedHosts: ["localhost"]
  })
  const answer = withAuth(auth, async (request, { authenticate, login, session }) => {
    if (request.url.endsWith("/login")) {
      const user = await authenticate(credentials)
      if (user !== undefined) await login(user)
      return new Response()
    }
    const keys = await session.keys()
    if (request.url.endsWith("/keys")) return Response.json(keys)
    const key = `key-${gate.arrived}`
    gate.arrived += 1
    if (gate.arrived === gate.expected) gate.isOpen.resolve()
    await gate.isOpen.promise
    await session.set(key, 1)
    return new Response()
  })
  return { pg, auth, answer }
}

/** @param counts how many writers, in one process and in four */
export const measureWriters = async (counts: ReadonlyArray<number>): Promise<ReadonlyArray<WritersResult>> => {
  const server = await startPostgres()
  const applications = Array.from({ length: 4 }, () => startApplication(server.url))
  const [first] = applications
  try {
    if (first === undefined) throw new Error("there is no application")
    await first.pg.createTables()
    await first.auth.createUser(credentials)
    const results: Array<WritersResult> = []
    for (const processes of [1, applications.length])
      for (const writers of counts) {
        const loggedIn = await first.answer(new Request("https://localhost/login"))
        const cookie = loggedIn.headers
          .getSetCookie()
          .map((line) => line.split(";", 1)[0])
          .join("; ")
        const request = (path: string) => new Request(`https://localhost/${path}`, { headers: { cookie } })
        gate.expected = writers
        gate.arrived = 0
        gate.isOpen = Promise.withResolvers()
        const sent = await server.statementsOf(async () => {
          const write = (n: number) => applications[n % processes]?.answer(request("write"))
          const answers = await Promise.all(Array.from({ length: writers }, (_, n) => write(n)))
          if (!answers.every((response) => response?.status === 200)) throw new Error("a write has failed")
        })
        const stored = await (await first.answer(request("keys"))).text()
        const written = stored.split('"key-').length - 1
        if (written !== writers) throw new Error(`${written} of ${writers} writes are in the session`)
        results.push({ writers, processes, statements: sent.length })
      }
    return results
  } finally {
    for (const { pg } of applications) await pg.close()
    await server.stop()
  }
}
