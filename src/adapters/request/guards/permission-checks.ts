/**
 * The permissions of the user of a request. The permissions that backends grant are loaded once per request. Backends
 * with a `hasPerm` or `hasModulePerms` of their own are asked on every check.
 */
import * as Effect from "effect/Effect"
import type { Principal } from "../../../core/auth/state/request-state.ts"
import type {
  BackendGrants,
  Granted,
  GrantsByBackend,
  Kind,
  Question,
  Verdict
} from "../../../core/permissions/permissions.ts"
import * as Permissions from "../../../core/permissions/permissions.ts"
import { type Perms, permsView } from "../../../core/permissions/perms-view.ts"
import type { CsrfFailed } from "../../errors/errors.ts"
import { type Backend, type BackendFailure, type PermissionSubject, toolsOf } from "../../ports/backend.ts"
import { storeCall } from "../../store-time/store-time.ts"
import { tracedCall } from "../../telemetry/traced.ts"
import { getUser } from "../login/operations.ts"
import type { RequestScope } from "../scope/request-scope.ts"
import { keepingOutage, singleFlight } from "../scope/run-query.ts"
import type { AuthServices } from "../scope/services.ts"

/** Why permissions cannot be checked. `CsrfFailed`: the request is a form whose CSRF token has not been checked yet. */
export type PermissionFailure = BackendFailure | CsrfFailed

/**
 * Permission strings are `<app_label>.<codename>`. Anonymous visitors and inactive users have no stored permissions.
 * Stored permissions are never on an object: only application-defined backends can grant permissions on an object
 * (`null` counts as an object too).
 */
export interface RequestPermissions {
  /**
   * Whether the user has a permission `<app_label>.<codename>`. An active superuser has every permission, even one that
   * does not exist.
   *
   * @param object the object that the permission is checked on, for application-defined backends. Backends with stored
   * permissions grant none on objects, not even on `null`
   */
  readonly hasPerm: (permission: string, object?: unknown) => Effect.Effect<boolean, PermissionFailure>
  /** Whether the user has all of these. Fails with a `TypeError`, as a defect, for anything but a list. */
  readonly hasPerms: (permissions: ReadonlyArray<string>, object?: unknown) => Effect.Effect<boolean, PermissionFailure>
  /** Whether the user has any permission of this app. */
  readonly hasModulePerms: (appLabel: string) => Effect.Effect<boolean, PermissionFailure>
  /** The permissions that were granted to the user directly; with `object`, those on this object. */
  readonly getUserPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /** The permissions that were granted to the user's groups; with `object`, those on this object. */
  readonly getGroupPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /** All permissions of the user, direct and from groups; with `object`, those on this object. */
  readonly getAllPermissions: (object?: unknown) => Effect.Effect<ReadonlySet<string>, PermissionFailure>
  /**
   * The user's permissions as an object for templates, which cannot wait: `perms.blog.view_post` or `"blog.view_post"
   * in perms`. It contains the permissions that backends list. A permission that a backend grants only in its function
   * `hasPerm` is missing: use `hasPerm` for it.
   */
  readonly getPerms: Effect.Effect<Perms, PermissionFailure>
}

/** See {@link RequestPermissions.hasPerm}. */
export const hasPerm = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  permission: string,
  object: unknown
): Effect.Effect<boolean, PermissionFailure> =>
  Effect.flatMap(permissionQueryOf(services, scope), (query) => decidePerm(services, scope, query, permission, object))

/** See {@link RequestPermissions.hasPerms}. */
export const hasPerms = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  permissions: ReadonlyArray<string>,
  object: unknown
): Effect.Effect<boolean, PermissionFailure> =>
  Array.isArray(permissions)
    ? Effect.flatMap(permissionQueryOf(services, scope), (query) =>
        every(permissions, (permission) => decidePerm(services, scope, query, permission, object))
      )
    : Effect.die(new TypeError('hasPerms takes an array of permissions, as in ["blog.add_post"]'))

/** See {@link RequestPermissions.hasModulePerms}. */
export const hasModulePerms = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  appLabel: string
): Effect.Effect<boolean, PermissionFailure> =>
  Effect.flatMap(permissionQueryOf(services, scope), (query) =>
    decide(services, scope, query, { _tag: "ModulePerms", appLabel }, undefined)
  )

/** The permissions of one kind, on an object if one is given. See {@link RequestPermissions.getUserPermissions}. */
export const grantedPermissions = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  kind: Kind,
  object: unknown
): Effect.Effect<ReadonlySet<string>, PermissionFailure> =>
  Effect.flatMap(permissionQueryOf(services, scope), (query) =>
    Effect.map(
      object === undefined ? Effect.succeed(grantsOf(query)) : grantsOn(services, scope, query, object),
      (grants) => new Set(Permissions.granted(grants, kind))
    )
  )

/** See {@link RequestPermissions.getPerms}. */
export const getPerms = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<Perms, PermissionFailure> =>
  Effect.flatMap(permissionQueryOf(services, scope), (query) => {
    const granted = Permissions.granted(grantsOf(query), "all")
    return Permissions.isOmnipotent(query.grants)
      ? Effect.succeed(permsView(granted, true))
      : Effect.map(
          Effect.filter(granted, (permission) => decidePerm(services, scope, query, permission, undefined)),
          (confirmed) => permsView(new Set(confirmed), false)
        )
  })

const decidePerm = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  query: PermissionQuery<User>,
  permission: string,
  object: unknown
): Effect.Effect<boolean, BackendFailure> =>
  decide(services, scope, query, { _tag: "Perm", permission, isAboutObject: object !== undefined }, object)

const grantsOf = <User>(query: PermissionQuery<User>): ReadonlyArray<Granted> =>
  query.grants.map(({ grants }) => grants)

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
  const subject = yield* singleFlight(scope, scope.grantLoads, name, () =>
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
  const traced = (grants: Effect.Effect<Granted, BackendFailure> | undefined) =>
    grants === undefined ? Effect.undefined : tracedCall(services, "loadPermissions", grants)
  if (backend.grants !== undefined) return (who) => traced(backend.grants?.(who, toolsOf(services, name)))
  const store = backend.users?.store
  if (store?.grants === undefined || stores.has(store)) return () => Effect.undefined
  stores.add(store)
  return (who) => {
    const grants = who === undefined ? undefined : store.grants?.(who.id)
    return traced(grants === undefined ? undefined : storeCall(store, "load permissions", grants))
  }
}

/** Checks a permission. Asks backends with their own `hasPerm` or `hasModulePerms` only until the answer is known. */
const decide = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  { grants: subject, subject: who }: PermissionQuery<User>,
  question: Question,
  object: unknown
): Effect.fn.Return<boolean, BackendFailure> {
  const said = new Map<string, Verdict>()
  let decision = Permissions.decide(subject, question, said)
  while (decision._tag === "Ask") {
    const verdict = judge(services, who, decision.backend, question, object)
    said.set(decision.backend, yield* keepingOutage(scope, verdict))
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
  const asked = (verdict: Effect.Effect<Verdict, BackendFailure> | undefined) =>
    verdict === undefined ? declined : tracedCall(services, "askPermission", verdict)
  if (question._tag === "ModulePerms") return asked(backend?.hasModulePerms?.(who, question.appLabel, tools))
  if (backend?.hasPerm !== undefined) return asked(backend.hasPerm(who, question.permission, object, tools))
  const granted = backend?.objectGrants?.(who, object, tools)
  if (granted === undefined) return declined
  return Effect.map(tracedCall(services, "loadPermissions", granted), (grants) => {
    if (grants === "Denied") return grants
    return Permissions.granted([grants], "all").has(question.permission) ? "Granted" : "Declined"
  })
}

/** The permissions that the backends grant on one object, loaded on every call. */
const grantsOn = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  { grants: subject, subject: who }: PermissionQuery<User>,
  object: unknown
): Effect.Effect<ReadonlyArray<Granted>, BackendFailure> =>
  Effect.forEach(subject, ({ backend }) => {
    const granted = services.backends.get(backend)?.objectGrants?.(who, object, toolsOf(services, backend))
    if (granted === undefined) return Effect.succeed<Granted>(undefined)
    return keepingOutage(scope, tracedCall(services, "loadPermissions", granted))
  })

/** Whether the user has all of the permissions. Stops at the first that the user does not have. */
const every = Effect.fnUntraced(function* (
  permissions: ReadonlyArray<string>,
  holds: (permission: string) => Effect.Effect<boolean, BackendFailure>
): Effect.fn.Return<boolean, BackendFailure> {
  for (const permission of permissions) if (!(yield* holds(permission))) return false
  return true
})
