/** What users may do by rules of one's own: beside a backend's users, or by themselves. */
import * as Effect from "effect/Effect"
import { type Grants, nothing, type Verdict } from "../../core/auth/permissions.ts"
import { callable, checkOptions, type Kinds } from "../option-kinds.ts"
import { asking } from "./asking.ts"
import type { Backend } from "./backend.ts"

/** Rules of a backend that may throw `PermissionDenied`: the answer is then no, whatever later backends say. */
export interface PermissionRules<User> {
  /** Permissions, each `<app_label>.<codename>`; none by default. Asked once per request. */
  readonly permissionsOf?: (user: User) => Promise<Iterable<string>> | Iterable<string>
  /** Those on one object, none by default. */
  readonly objectPermissionsOf?: (user: User, object: unknown) => Promise<Iterable<string>> | Iterable<string>
  /**
   * Whether the user has a permission, asked each time; by default when it is among those above.
   *
   * @param object the one that it is about; `undefined`: none in particular
   */
  readonly hasPerm?: (user: User, permission: string, object?: unknown) => Promise<boolean> | boolean
  /** Whether the user has any permission of an app, asked each time; by default when one is among those above. */
  readonly hasModulePerms?: (user: User, appLabel: string) => Promise<boolean> | boolean
}

/** The kinds of {@link PermissionRules}. */
export const ruleKinds: Kinds<PermissionRules<never>> = {
  permissionsOf: callable,
  objectPermissionsOf: callable,
  hasPerm: callable,
  hasModulePerms: callable
}

type Rules<User> = Pick<Backend<User>, "grants" | "objectGrants" | "hasPerm" | "hasModulePerms">

/**
 * A backend that logs nobody in and answers for the users of all others, and for nobody (`undefined`): permissions on
 * single objects, rules that stand above the stored ones. Give it all the kinds of users that the application has.
 *
 * ```ts
 * permissionBackend<DjangoUser>({
 *   hasPerm: (user, permission, object) => permission === "blog.change_post" && object instanceof Post && object.authorId === user?.id
 * })
 * ```
 *
 * Where it is the second backend, `login` has to be told whose user it is, unless `authenticate` returned it.
 */
export const permissionBackend = <User>(rules: PermissionRules<User | undefined>): Backend<User> => {
  checkOptions(rules, ruleKinds, "permissionBackend.")
  return {
    ...rulesFor<User, User | undefined>(rules, (who) => ({ user: who?.user })),
    answersForAll: true,
    idOf: () => "",
    offer: () => undefined,
    getUser: () => Effect.undefined
  }
}

/** Rules about a backend's own users. */
export const ownRules = <User>(rules: PermissionRules<User>): Rules<User> => rulesFor<User, User>(rules, (who) => who)

/** @param about whom to ask the rules about; `undefined`: they have nothing to say */
const rulesFor = <User, Asked>(
  { hasModulePerms, hasPerm, objectPermissionsOf, permissionsOf }: PermissionRules<Asked>,
  about: (who: { readonly user: User } | undefined) => { readonly user: Asked } | undefined
): Rules<User> => {
  const granting = (name: string, ask: () => Promise<Iterable<string>> | Iterable<string>) =>
    asking(name, "Denied" as const, async () => grants(await ask()))
  const judging = (name: string, ask: () => Promise<boolean> | boolean) =>
    asking(name, "Denied" as const, async (): Promise<Verdict> => ((await ask()) ? "Granted" : "Declined"))
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
