/**
 * The permissions of the user of a request. The permissions that backends grant are loaded once per request. Backends
 * with a `hasPerm` or `hasModulePerms` of their own are asked on every check.
 */
import * as Effect from "effect/Effect"
import type { Principal } from "../../core/auth/request-state.ts"
import type {
  BackendGrants,
  Granted,
  GrantsByBackend,
  Kind,
  Question,
  Verdict
} from "../../core/permissions/permissions.ts"
import * as Permissions from "../../core/permissions/permissions.ts"
import { type Perms, permsView } from "../../core/permissions/perms-view.ts"
import { type Backend, type BackendFailure, type PermissionSubject, toolsOf } from "../ports/backend.ts"
import type { CsrfFailed } from "../ports/errors.ts"
import { getUser } from "./operations.ts"
import { singleFlight } from "./perform.ts"
import type { RequestScope } from "./request-scope.ts"
import type { AuthServices } from "./services.ts"

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

export const requestPermissions = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): RequestPermissions => {
  const about = <A>(
    ask: (audience: PermissionQuery<User>) => Effect.Effect<A, BackendFailure>
  ): Effect.Effect<A, PermissionFailure> => Effect.flatMap(permissionQueryOf(services, scope), ask)
  const hasPerm = (audience: PermissionQuery<User>, permission: string, object: unknown) =>
    decide(services, audience, { _tag: "Perm", permission, isAboutObject: object !== undefined }, object)
  const permissions = (kind: Kind) => (object: unknown) =>
    about((audience) =>
      Effect.map(
        object === undefined
          ? Effect.succeed(audience.grants.map(({ grants }) => grants))
          : grantsOn(services, audience, object),
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
      about((audience) => decide(services, audience, { _tag: "ModulePerms", appLabel }, undefined)),
    userPermissions: permissions("user"),
    groupPermissions: permissions("group"),
    allPermissions: permissions("all"),
    perms: about((audience) => {
      const granted = Permissions.granted(
        audience.grants.map(({ grants }) => grants),
        "all"
      )
      return Permissions.isOmnipotent(audience.grants)
        ? Effect.succeed(permsView(granted, true))
        : Effect.map(
            Effect.filter(granted, (permission) => hasPerm(audience, permission, undefined)),
            (confirmed) => permsView(new Set(confirmed), false)
          )
    })
  }
}

/** The user, and the answers of the backends that decide on the user's permissions. */
interface PermissionQuery<User> {
  readonly subject: PermissionSubject<User>
  readonly grants: GrantsByBackend
}

const permissionQueryOf = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.fn.Return<PermissionQuery<User>, PermissionFailure> {
  yield* getUser(services, scope, "permissions")
  const current = scope.request.user
  const principal = current?._tag === "Authenticated" ? current.principal : undefined
  const who: PermissionSubject<User> =
    current?._tag === "Authenticated" ? { id: current.principal.id, user: current.user } : undefined
  const name = principal === undefined ? "" : `${principal.backend}\n${principal.id}`
  const known = scope.grantsByUser.get(name)
  if (known !== undefined) return { subject: who, grants: known }
  const subject = yield* singleFlight(scope.grantLoads, name, () =>
    Effect.map(
      Effect.forEach(relevantBackends(services, principal), ([backend, load, judges]) =>
        Effect.map(load(who), (grants): BackendGrants => ({ backend, decidesItself: judges, grants }))
      ),
      (loaded) => {
        scope.grantsByUser.set(name, loaded)
        return loaded
      }
    )
  )
  return { subject: who, grants: subject }
})

type Load<User> = (who: PermissionSubject<User>) => Effect.Effect<Granted, BackendFailure>

/**
 * The backends that decide on a user's permissions: those of the user's realm, and those with `answersForAll`. Each
 * user store is queried once. Backends of other realms are not asked.
 */
const relevantBackends = <User extends object>(
  services: AuthServices<User>,
  principal: Principal | undefined
): ReadonlyArray<readonly [backend: string, load: Load<User>, judges: BackendGrants["decidesItself"]]> => {
  const realm = principal === undefined ? undefined : services.settings.realms.get(principal.backend)
  const stores = new Set<unknown>()
  return [...services.backends].flatMap(([name, backend]) => {
    if (backend.answersForAll !== true && (realm === undefined || services.settings.realms.get(name) !== realm))
      return []
    const judges = {
      perm: backend.hasPerm !== undefined,
      objectPerm: backend.hasPerm !== undefined || backend.objectGrants !== undefined,
      modulePerms: backend.hasModulePerms !== undefined
    }
    return [[name, loadOf(services, name, backend, stores), judges] as const]
  })
}

/** @param stores the user stores that another backend already queries */
const loadOf = <User extends object>(
  services: AuthServices<User>,
  name: string,
  backend: Backend<User>,
  stores: Set<unknown>
): Load<User> => {
  if (backend.grants !== undefined) return (who) => backend.grants?.(who, toolsOf(services, name)) ?? Effect.undefined
  const store = backend.users?.store
  if (store?.grants === undefined || stores.has(store)) return () => Effect.undefined
  stores.add(store)
  return (who) => (who === undefined ? Effect.undefined : (store.grants?.(who.id) ?? Effect.undefined))
}

/** Checks a permission. Asks backends with their own `hasPerm` or `hasModulePerms` only until the answer is known. */
const decide = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  { grants: subject, subject: who }: PermissionQuery<User>,
  question: Question,
  object: unknown
): Effect.fn.Return<boolean, BackendFailure> {
  const said = new Map<string, Verdict>()
  let decision = Permissions.decide(subject, question, said)
  while (decision._tag === "Ask") {
    said.set(decision.backend, yield* judge(services, who, decision.backend, question, object))
    decision = Permissions.decide(subject, question, said)
  }
  return decision.holds
})

const judge = <User extends object>(
  services: AuthServices<User>,
  who: PermissionSubject<User>,
  name: string,
  question: Question,
  object: unknown
): Effect.Effect<Verdict, BackendFailure> => {
  const backend = services.backends.get(name)
  const tools = toolsOf(services, name)
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
  services: AuthServices<User>,
  { grants: subject, subject: who }: PermissionQuery<User>,
  object: unknown
): Effect.Effect<ReadonlyArray<Granted>, BackendFailure> =>
  Effect.forEach(
    subject,
    ({ backend }) =>
      services.backends.get(backend)?.objectGrants?.(who, object, toolsOf(services, backend)) ??
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
