/** What the user of a request may do. The backends are asked once per request, whatever is checked afterwards. */
import * as Effect from "effect/Effect"
import type { Grants, Subject } from "../../core/auth/permissions.ts"
import * as Permissions from "../../core/auth/permissions.ts"
import type { Principal } from "../../core/auth/request-state.ts"
import type { App } from "./app.ts"
import type { Backend, BackendFailure } from "./backend.ts"
import type { Cell } from "./cell.ts"
import { getUser } from "./operations.ts"
import { once } from "./perform.ts"

/** Permission strings are `<app_label>.<codename>`. Nobody, and an inactive user, may do nothing. */
export interface RequestPermissions {
  /** Whether the user has this permission. An active superuser has every one, even one that does not exist. */
  readonly hasPerm: (permission: string) => Effect.Effect<boolean, BackendFailure>
  /** Whether the user has all of these; dies of a `TypeError` for anything but a list. */
  readonly hasPerms: (permissions: ReadonlyArray<string>) => Effect.Effect<boolean, BackendFailure>
  /** Whether the user has any permission of this app. */
  readonly hasModulePerms: (appLabel: string) => Effect.Effect<boolean, BackendFailure>
  /** Granted to the user directly. */
  readonly userPermissions: Effect.Effect<ReadonlySet<string>, BackendFailure>
  /** Granted through groups. */
  readonly groupPermissions: Effect.Effect<ReadonlySet<string>, BackendFailure>
  readonly allPermissions: Effect.Effect<ReadonlySet<string>, BackendFailure>
}

export const requestPermissions = <User extends object>(app: App<User>, cell: Cell<User>): RequestPermissions => {
  const about = <A>(decide: (subject: Subject) => A): Effect.Effect<A, BackendFailure> =>
    Effect.map(subjectOf(app, cell), decide)
  return {
    hasPerm: (permission) => about((subject) => Permissions.hasPerm(subject, permission)),
    hasPerms: (permissions) => {
      if (!Array.isArray(permissions)) return Effect.die(new TypeError("hasPerms takes a list of permissions"))
      return about((subject) => Permissions.hasPerms(subject, permissions))
    },
    hasModulePerms: (appLabel) => about((subject) => Permissions.hasModulePerms(subject, appLabel)),
    userPermissions: about((subject) => new Set(Permissions.userPermissions(subject))),
    groupPermissions: about((subject) => new Set(Permissions.groupPermissions(subject))),
    allPermissions: about((subject) => new Set(Permissions.allPermissions(subject)))
  }
}

const subjectOf = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.fn.Return<Subject, BackendFailure> {
  yield* getUser(app, cell)
  const { user } = cell.request
  if (user?._tag !== "Authenticated") return { _tag: "Anonymous" }
  const { id } = user.principal
  const name = `${user.principal.backend}\n${id}`
  const known = cell.subjects.get(name)
  if (known !== undefined) return known
  return yield* once(cell.subjectLoads, name, () =>
    Effect.map(
      Effect.forEach(granting(app, user.principal), (ask) => ask(id)),
      (grants) => {
        const subject: Subject = { _tag: "User", grants: grants.filter((each) => each !== undefined) }
        cell.subjects.set(name, subject)
        return subject
      }
    )
  )
})

type Ask = (id: string) => Effect.Effect<Grants | undefined, BackendFailure>

/** Backends that know the user, each store asked once. Users of another directory are somebody else. */
const granting = <User extends object>(app: App<User>, principal: Principal): ReadonlyArray<Ask> => {
  const realm = app.settings.realms.get(principal.backend)
  const asked = new Set<unknown>()
  const asks: Array<Ask> = []
  for (const [name, backend] of app.backends) {
    const { grants } = backend
    if (grants === undefined || app.settings.realms.get(name) !== realm || asked.has(grants)) continue
    asked.add(grants)
    asks.push((id) => grants(id, toolsOf(app, name)))
  }
  return asks
}

const toolsOf = <User extends object>(app: App<User>, name: string): Parameters<Backend<User>["getUser"]>[1] => ({
  name,
  passwords: app.passwords
})
