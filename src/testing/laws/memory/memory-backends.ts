/** The backends that a site in memory has for some laws. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { defineBackend } from "../../../adapters/backend/define-backend.ts"
import { modelBackend } from "../../../adapters/backend/model-backend.ts"
import { permissionBackend } from "../../../adapters/backend/permission-rules.ts"
import { PermissionDenied } from "../../../adapters/errors/errors.ts"
import type { AnyFields } from "../../../adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../adapters/store/memory.ts"
import type { TestSite } from "../../site/test-site.ts"
import { type Page, permission } from "./memory-pages.ts"

/** The names of {@link twoBackends}. */
export const backendNames = ["django.contrib.auth.backends.ModelBackend", "site.backends.SecondBackend"] as const

/** One or both of two backends that have the same users. */
export const twoBackends = (backends: ReadonlyArray<0 | 1>, users: Parameters<typeof modelBackend<MemoryUser>>[0]) =>
  Object.fromEntries(backends.map((backend) => [backendNames[backend], modelBackend(users)]))

/** The name of the backend for users that a proxy names. */
export const remote = "django.contrib.auth.backends.RemoteUserBackend"

/** The name of {@link denying}. */
export const denier = "site.backends.DenyingBackend"

/** A backend that denies {@link permission} to every user. */
export const denying = permissionBackend<MemoryUser>({
  hasPerm: (_, asked) => {
    if (asked === permission) throw new PermissionDenied()
    return false
  }
})

/** The name of {@link directoryOf}. */
export const directory = "site.backends.DirectoryBackend"

/** A directory with one person, who has the id of the first user. */
export const directoryOf = (site: TestSite<"alice" | "bob", AnyFields>) => {
  const alice = site.user("alice")
  const namesake = { ...alice, username: "a namesake" }
  const { users } = site.stores
  const secret = Effect.runSync(users.findById(users.idOf(alice)))?.password ?? ""
  return defineBackend<MemoryUser, { readonly directory: string }>({
    credentials: Schema.Struct({ directory: Schema.String }),
    authenticate: () => namesake,
    getUser: () => namesake,
    idOf: ({ id }) => String(id),
    // Both have the same secret, so that only the backend tells them apart.
    sessionSecretOf: () => secret
  })
}

/** Logs in the person of {@link directoryOf}. */
export const loggingInAsNamesake: Page = async ({ authenticate, login }) => {
  const user = await authenticate({ directory: "people" })
  if (user !== undefined) await login(user)
  return { status: user === undefined ? 401 : 200 }
}
