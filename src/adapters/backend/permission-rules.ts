/** Permissions from application code: as part of a backend that has users, or as a backend without users. */
import * as Effect from "effect/Effect"
import { type Grants, nothing, type Verdict } from "../../core/permissions/permissions.ts"
import { callable, checkOptions, type Kinds } from "../options/option-kinds.ts"
import type { Backend } from "../ports/backend.ts"
import { callBackend } from "./call-backend.ts"

/**
 * Functions that decide on permissions. If one throws `PermissionDenied`, the answer is no and later backends are not
 * asked.
 */
export interface PermissionRules<User> {
  /** The user's permissions, each `<app_label>.<codename>`. Default none. Called once per request. */
  readonly permissionsOf?: (user: User) => Promise<Iterable<string>> | Iterable<string>
  /** The user's permissions on one object. Default none. */
  readonly objectPermissionsOf?: (user: User, object: unknown) => Promise<Iterable<string>> | Iterable<string>
  /**
   * Whether the user has a permission. Called on every check. By default the user has those that the functions above
   * return.
   *
   * @param object the object that the permission is checked on; `undefined` for a check without an object
   */
  readonly hasPerm?: (user: User, permission: string, object?: unknown) => Promise<boolean> | boolean
  /**
   * Whether the user has any permission of an app. Called on every check. By default the user does if `permissionsOf`
   * returns one.
   */
  readonly hasModulePerms?: (user: User, appLabel: string) => Promise<boolean> | boolean
}

/** The kinds of values that {@link PermissionRules} may hold. */
export const ruleKinds: Kinds<PermissionRules<never>> = {
  permissionsOf: callable,
  objectPermissionsOf: callable,
  hasPerm: callable,
  hasModulePerms: callable
}

type Rules<User> = Pick<Backend<User>, "grants" | "objectGrants" | "hasPerm" | "hasModulePerms">

/**
 * A backend that only decides on permissions, for the users of all backends and for anonymous visitors (`undefined`).
 * It authenticates no user. Use it for permissions on single objects, or for rules in addition to stored permissions.
 * Its type parameter must cover every user type of the application.
 *
 * ```ts
 * permissionBackend<DjangoUser>({
 *   hasPerm: (user, permission, object) => permission === "blog.change_post" && object instanceof Post && object.authorId === user?.id
 * })
 * ```
 *
 * With this backend an application has at least two backends. So `login` needs the option `backend`, unless the user
 * came from `authenticate`.
 */
export const permissionBackend = <User>(rules: PermissionRules<User | undefined>): Backend<User> => {
  checkOptions(rules, ruleKinds, "permissionBackend.")
  return {
    ...rulesFor<User, User | undefined>(rules, (who) => ({ user: who?.user })),
    answersForAll: true,
    idOf: () => "",
    authenticate: () => undefined,
    getUser: () => Effect.undefined
  }
}

/** The rules of a backend that has users: applied to its own users only. */
export const ownRules = <User>(rules: PermissionRules<User>): Rules<User> => rulesFor<User, User>(rules, (who) => who)

/** @param about returns the user that the rules get; `undefined` if the rules must not be called for this user */
const rulesFor = <User, Asked>(
  { hasModulePerms, hasPerm, objectPermissionsOf, permissionsOf }: PermissionRules<Asked>,
  about: (who: { readonly user: User } | undefined) => { readonly user: Asked } | undefined
): Rules<User> => {
  const granting = (name: string, ask: () => Promise<Iterable<string>> | Iterable<string>) =>
    callBackend(name, "Denied" as const, async () => grants(await ask()))
  const judging = (name: string, ask: () => Promise<boolean> | boolean) =>
    callBackend(name, "Denied" as const, async (): Promise<Verdict> => ((await ask()) ? "Granted" : "Declined"))
  const declined = Effect.succeed<Verdict>("Declined")
  return {
    ...(permissionsOf && {
      grants: (who, { name }) => {
        const asked = about(who)
        return asked === undefined ? Effect.undefined : granting(name, () => permissionsOf(asked.user))
      }
    }),
    ...(objectPermissionsOf && {
      objectGrants: (who, object, { name }) => {
        const asked = about(who)
        return asked === undefined ? Effect.undefined : granting(name, () => objectPermissionsOf(asked.user, object))
      }
    }),
    ...(hasPerm && {
      hasPerm: (who, permission, object, { name }) => {
        const asked = about(who)
        return asked === undefined ? declined : judging(name, () => hasPerm(asked.user, permission, object))
      }
    }),
    ...(hasModulePerms && {
      hasModulePerms: (who, appLabel, { name }) => {
        const asked = about(who)
        return asked === undefined ? declined : judging(name, () => hasModulePerms(asked.user, appLabel))
      }
    })
  }
}

const grants = (permissions: Iterable<string>): Grants => ({
  isActive: true,
  isSuperuser: false,
  user: new Set(permissions),
  group: nothing
})
