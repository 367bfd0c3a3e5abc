/**
 * The permissions of the user of a request. The permissions that backends grant are loaded once per request. Backends
 * with a `hasPerm` or `hasModulePerms` of their own are asked on every check.
 */
import * as Effect from "effect/Effect"
import type { Principal } from "../../core/auth/request-state.ts"
import type { Granted, Kind, Question, Subject, Verdict, Voice } from "../../core/permissions/permissions.ts"
import * as Permissions from "../../core/permissions/permissions.ts"
import { type Perms, permsView } from "../../core/permissions/perms-view.ts"
import { type Backend, type BackendFailure, toolsOf, type Who } from "../ports/backend.ts"
import type { CsrfFailed } from "../ports/errors.ts"
import { getUser } from "./operations.ts"
import { once } from "./perform.ts"
import type { Cell } from "./request-scope.ts"
import type { App } from "./services.ts"

/** Why permissions cannot be checked. `CsrfFailed`: the request is a form whose CSRF token has not been checked yet. */
export type PermissionFailure = BackendFailure | CsrfFailed

/**
 * Permission strings are `<app_label>.<codename>`. Anonymous visitors and inactive users have no stored permissions.
 * Stored permissions are never on an object: only application-defined backends can grant permissions on an object
 * (`null` counts as an object too).
 */
export interface RequestPermissions {
  /**
   * Whether the user has this permission. An active superuser has every permission, even one that does not exist.
   *
   * @param object the object that the permission is checked on; `undefined` for a check without an object
   */
  readonly hasPerm: (permission: string, object?: unknown) => Effect.Effect<boolean, PermissionFailure>
  /** Whether the user has all of these. Dies with a `TypeError` for anything but a list. */
  readonly hasPerms: (permissions: ReadonlyArray<string>, object?: unknown) => Effect.Effect<boolean, PermissionFailure>
  /** Whether the user has any permission of this app. */
  readonly hasModulePerms: (appLabel: string) => Effect.Effect<boolean, PermissionFailure>
  /** The permissions that were granted to the user directly. */
  readonly userPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /** The permissions that were granted to the user's groups. */
  readonly groupPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /** All permissions of the user, direct and from groups. */
  readonly allPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /**
   * The user's permissions as an object for templates, which cannot await: those of {@link allPermissions} for which
   * `hasPerm` is true. A permission that a backend grants only in its function `hasPerm` is missing.
   */
  readonly perms: Effect.Effect<Perms, PermissionFailure>
}

export const requestPermissions = <User extends object>(app: App<User>, cell: Cell<User>): RequestPermissions => {
  const about = <A>(
    ask: (audience: Audience<User>) => Effect.Effect<A, BackendFailure>
  ): Effect.Effect<A, PermissionFailure> => Effect.flatMap(audienceOf(app, cell), ask)
  const hasPerm = (audience: Audience<User>, permission: string, object: unknown) =>
    decide(app, audience, { _tag: "Perm", permission, isAboutObject: object !== undefined }, object)
  const permissions = (kind: Kind) => (object: unknown) =>
    about((audience) =>
      Effect.map(
        object === undefined
          ? Effect.succeed(audience.subject.map(({ grants }) => grants))
          : grantsOn(app, audience, object),
        (grants) => new Set(Permissions.granted(grants, kind))
      )
    )
  return {
    hasPerm: (permission, object) => about((audience) => hasPerm(audience, permission, object)),
    hasPerms: (list, object) => {
      if (!Array.isArray(list))
        return Effect.die(new TypeError('hasPerms takes an array of permissions, as in ["blog.add_post"]'))
      return about((audience) => every(list, (permission) => hasPerm(audience, permission, object)))
    },
    hasModulePerms: (appLabel) =>
      about((audience) => decide(app, audience, { _tag: "ModulePerms", appLabel }, undefined)),
    userPermissions: permissions("user"),
    groupPermissions: permissions("group"),
    allPermissions: permissions("all"),
    perms: about((audience) => {
      const granted = Permissions.granted(
        audience.subject.map(({ grants }) => grants),
        "all"
      )
      return Permissions.isOmnipotent(audience.subject)
        ? Effect.succeed(permsView(granted, true))
        : Effect.map(
            Effect.filter(granted, (permission) => hasPerm(audience, permission, undefined)),
            (confirmed) => permsView(new Set(confirmed), false)
          )
    })
  }
}

/** The user, and the answers of the backends that decide on the user's permissions. */
interface Audience<User> {
  readonly who: Who<User>
  readonly subject: Subject
}

const audienceOf = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.fn.Return<Audience<User>, PermissionFailure> {
  yield* getUser(app, cell, "permissions")
  const current = cell.request.user
  const principal = current?._tag === "Authenticated" ? current.principal : undefined
  const who: Who<User> =
    current?._tag === "Authenticated" ? { id: current.principal.id, user: current.user } : undefined
  const name = principal === undefined ? "" : `${principal.backend}\n${principal.id}`
  const known = cell.subjects.get(name)
  if (known !== undefined) return { who, subject: known }
  const subject = yield* once(cell.subjectLoads, name, () =>
    Effect.map(
      Effect.forEach(havingASay(app, principal), ([backend, load, judges]) =>
        Effect.map(load(who), (grants): Voice => ({ backend, judges, grants }))
      ),
      (loaded) => {
        cell.subjects.set(name, loaded)
        return loaded
      }
    )
  )
  return { who, subject }
})

type Load<User> = (who: Who<User>) => Effect.Effect<Granted, BackendFailure>

/**
 * The backends that decide on a user's permissions: those of the user's realm, and those with `answersForAll`. Each
 * user store is queried once. Backends of other realms are not asked.
 */
const havingASay = <User extends object>(
  app: App<User>,
  principal: Principal | undefined
): ReadonlyArray<readonly [backend: string, load: Load<User>, judges: Voice["judges"]]> => {
  const realm = principal === undefined ? undefined : app.settings.realms.get(principal.backend)
  const stores = new Set<unknown>()
  return [...app.backends].flatMap(([name, backend]) => {
    if (backend.answersForAll !== true && (realm === undefined || app.settings.realms.get(name) !== realm)) return []
    const judges = {
      perm: backend.hasPerm !== undefined,
      objectPerm: backend.hasPerm !== undefined || backend.objectGrants !== undefined,
      modulePerms: backend.hasModulePerms !== undefined
    }
    return [[name, loadOf(app, name, backend, stores), judges] as const]
  })
}

/** @param stores the user stores that another backend already queries */
const loadOf = <User extends object>(
  app: App<User>,
  name: string,
  backend: Backend<User>,
  stores: Set<unknown>
): Load<User> => {
  if (backend.grants !== undefined) return (who) => backend.grants?.(who, toolsOf(app, name)) ?? Effect.undefined
  const store = backend.users?.store
  if (store?.grants === undefined || stores.has(store)) return () => Effect.undefined
  stores.add(store)
  return (who) => (who === undefined ? Effect.undefined : (store.grants?.(who.id) ?? Effect.undefined))
}

/** Checks a permission. Asks backends with their own `hasPerm` or `hasModulePerms` only until the answer is known. */
const decide = Effect.fnUntraced(function* <User extends object>(
  app: App<User>,
  { subject, who }: Audience<User>,
  question: Question,
  object: unknown
): Effect.fn.Return<boolean, BackendFailure> {
  const said = new Map<string, Verdict>()
  let decision = Permissions.decide(subject, question, said)
  while (decision._tag === "Ask") {
    said.set(decision.backend, yield* judge(app, who, decision.backend, question, object))
    decision = Permissions.decide(subject, question, said)
  }
  return decision.holds
})

const judge = <User extends object>(
  app: App<User>,
  who: Who<User>,
  name: string,
  question: Question,
  object: unknown
): Effect.Effect<Verdict, BackendFailure> => {
  const backend = app.backends.get(name)
  const tools = toolsOf(app, name)
  const declined = Effect.succeed<Verdict>("Declined")
  if (question._tag === "ModulePerms") return backend?.hasModulePerms?.(who, question.appLabel, tools) ?? declined
  if (backend?.hasPerm !== undefined) return backend.hasPerm(who, question.permission, object, tools)
  const granted = backend?.objectGrants?.(who, object, tools)
  if (granted === undefined) return declined
  return Effect.map(granted, (grants) => {
    if (grants === "Denied") return grants
    return Permissions.granted([grants], "all").has(question.permission) ? "Granted" : "Declined"
  })
}

/** The permissions that the backends grant on one object, loaded on every call. */
const grantsOn = <User extends object>(
  app: App<User>,
  { subject, who }: Audience<User>,
  object: unknown
): Effect.Effect<ReadonlyArray<Granted>, BackendFailure> =>
  Effect.forEach(
    subject,
    ({ backend }) =>
      app.backends.get(backend)?.objectGrants?.(who, object, toolsOf(app, backend)) ??
      Effect.succeed<Granted>(undefined)
  )

/** Whether the user has all of the permissions. Stops at the first that the user does not have. */
const every = Effect.fnUntraced(function* (
  permissions: ReadonlyArray<string>,
  holds: (permission: string) => Effect.Effect<boolean, BackendFailure>
): Effect.fn.Return<boolean, BackendFailure> {
  for (const permission of permissions) if (!(yield* holds(permission))) return false
  return true
})
