/**
 * What a user may do. Permissions are Django's strings `<app_label>.<codename>`; the backends are asked in order.
 *
 * | the backend's verdict | then                                |
 * | --------------------- | ----------------------------------- |
 * | Granted               | yes                                 |
 * | Declined              | the next backend; none left: no     |
 * | Denied                | no                                  |
 *
 * For most backends the verdict follows from their {@link Grants}, which are loaded at most once per request. A backend
 * with its own permission methods is asked for each question: {@link decide} returns its name, and the caller calls
 * `decide` again with its verdict. For an active superuser no backend is asked.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/customizing/#django.contrib.auth.models.PermissionsMixin
 * @see https://docs.djangoproject.com/en/stable/ref/contrib/auth/#django.contrib.auth.backends.ModelBackend
 */

/** What one backend grants one user, independent of any object. */
export interface Grants {
  /** Whether the user is active. An inactive user has no permissions. */
  readonly isActive: boolean
  /** Whether the user has every permission. */
  readonly isSuperuser: boolean
  /** Granted to the user directly. For a superuser: every permission that exists. */
  readonly user: ReadonlySet<string>
  /** Granted through groups. For a superuser: every permission that exists. */
  readonly group: ReadonlySet<string>
}

/** One backend's part in a decision. */
export interface BackendGrants {
  /** The backend's name. */
  readonly backend: string
  /** Which questions the backend answers with its own methods instead of by its grants. */
  readonly decidesItself: DecidesItself
  /** What the backend grants the user. */
  readonly grants: Granted
}

/** Which kinds of questions a backend answers with its own methods. */
export interface DecidesItself {
  /** Questions for a permission. */
  readonly perm: boolean
  /** Questions for a permission on one object. */
  readonly objectPerm: boolean
  /** Questions for any permission of an app. */
  readonly modulePerms: boolean
}

/**
 * What a backend grants. `undefined`: nothing, or the backend does not know the user. `Denied`: nothing, and the
 * backends after it are not asked.
 */
export type Granted = Grants | "Denied" | undefined

/** The user that questions are about, as the list of the backends that decide for this user, in order. */
export type GrantsByBackend = ReadonlyArray<BackendGrants>

/** One backend's answer to one question. */
export type Verdict = "Granted" | "Declined" | "Denied"

/** What is asked about the user. */
export type Question =
  /** Whether the user has this permission, `<app_label>.<codename>`; with `isAboutObject`, on one object. */
  | { readonly _tag: "Perm"; readonly permission: string; readonly isAboutObject: boolean }
  /** Whether the user has any permission of this app. */
  | { readonly _tag: "ModulePerms"; readonly appLabel: string }

/** The result of {@link decide}. */
export type Decision =
  /** The answer to the question. */
  | { readonly _tag: "Decided"; readonly holds: boolean }
  /** This backend must be asked before the question can be answered. */
  | { readonly _tag: "Ask"; readonly backend: string }

/** Which permissions of {@link Grants}: granted directly, through groups, or both. */
export type Kind = "user" | "group" | "all"

/** No permissions. */
export const nothing: ReadonlySet<string> = new Set()

/** Whether the user is an active superuser, who has every permission, even one that does not exist. */
export const isOmnipotent = (subject: GrantsByBackend): boolean =>
  subject.some(({ grants }) => isHeld(grants) && grants.isSuperuser)

/**
 * Whether the user has what the question asks for, or which backend must be asked first.
 *
 * @param said the verdicts so far of the backends that answer this question with their own methods
 */
export const decide = (subject: GrantsByBackend, question: Question, said: ReadonlyMap<string, Verdict>): Decision => {
  if (isOmnipotent(subject)) return decided(true)
  for (const voice of subject) {
    const verdict = isAsked(voice.decidesItself, question) ? said.get(voice.backend) : verdictOf(voice.grants, question)
    if (verdict === undefined) return { _tag: "Ask", backend: voice.backend }
    if (verdict !== "Declined") return decided(verdict === "Granted")
  }
  return decided(false)
}

/** The permissions that the backends grant together. An inactive user has none. */
export const granted = (grants: ReadonlyArray<Granted>, kind: Kind): ReadonlySet<string> => {
  const denial = grants.indexOf("Denied")
  const heard = denial < 0 ? grants : grants.slice(0, denial)
  const sets = heard.filter(isHeld).flatMap((each) => (kind === "all" ? [each.user, each.group] : [each[kind]]))
  const [only] = sets
  return only !== undefined && sets.length === 1 ? only : new Set(sets.flatMap((set) => [...set]))
}

/** The app of a permission: the text before the first dot. */
export const appOf = (permission: string): string => permission.split(".", 1)[0] ?? ""

/**
 * Splits `app_label.codename`.
 *
 * @returns `undefined` unless there is exactly one dot
 */
export const parse = (permission: string): { readonly appLabel: string; readonly codename: string } | undefined => {
  const [appLabel, codename, ...rest] = permission.split(".")
  return appLabel === undefined || codename === undefined || rest.length > 0 ? undefined : { appLabel, codename }
}

const isAsked = (judges: DecidesItself, question: Question): boolean => {
  if (question._tag === "ModulePerms") return judges.modulePerms
  return question.isAboutObject ? judges.objectPerm : judges.perm
}

/**
 * The verdict by grants. Grants are independent of any object, so for a question about an object they count as none, as
 * with Django's own backends.
 */
const verdictOf = (grants: Granted, question: Question): Verdict => {
  if (grants === "Denied") return grants
  if (!isHeld(grants)) return "Declined"
  const sets = [grants.user, grants.group]
  const holds =
    question._tag === "Perm"
      ? !question.isAboutObject && sets.some((set) => set.has(question.permission))
      : sets.some((set) => [...set].some((permission) => appOf(permission) === question.appLabel))
  return holds ? "Granted" : "Declined"
}

const isHeld = (grants: Granted): grants is Grants => grants !== undefined && grants !== "Denied" && grants.isActive

const decided = (holds: boolean): Decision => ({ _tag: "Decided", holds })
