/** The databases that a suite runs on, each a real PostgreSQL: a server, and the embedded PGlite. */
import { startPglite } from "../rig/pglite-server.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import type { Service } from "../rig/services.ts"

export interface Database {
  readonly url: string
  /** How many connections an application may open. */
  readonly max: number
  readonly stop: () => Promise<void>
}

export interface Engine {
  readonly name: "PostgreSQL" | "PGlite"
  readonly available: boolean
  readonly start: () => Promise<Database>
}

/** @param postgres whether there is a server on this machine; PGlite always is */
export const engines = (postgres: Service): ReadonlyArray<Engine> => [
  {
    name: "PostgreSQL",
    available: postgres.available,
    start: async () => {
      const { url, stop } = await startPostgres()
      return { url, max: 10, stop }
    }
  },
  {
    name: "PGlite",
    available: true,
    start: async () => {
      const { url, stop } = await startPglite()
      return { url, max: 1, stop }
    }
  }
]
