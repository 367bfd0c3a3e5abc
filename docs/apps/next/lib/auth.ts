import { createAuth, modelBackend } from "latchkey"
import { type DjangoUser, type PostgresStores, postgres } from "latchkey/postgres"
import { settings } from "@/lib/settings"

declare global {
  var stores: PostgresStores<DjangoUser> | undefined
}

/** One pool for the process: pages and routes each load this module, and `next dev` loads it again after every save. */
const pg = () => (globalThis.stores ??= postgres({ url: process.env.DATABASE_URL }))

const makeAuth = () =>
  createAuth({
    ...settings,
    secretKey: process.env.SECRET_KEY,
    sessions: pg().sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg().users) }
  })

let made: ReturnType<typeof makeAuth> | undefined

/** Called when a request comes, not while modules load: `next build` needs no environment and opens no connection. */
export const auth = () => (made ??= makeAuth())
