/**
 * What a user may do: Django's permission strings `<app_label>.<codename>`, asked of the backends in order.
 *
 * | the backend says | then                        |
 * | ---------------- | --------------------------- |
 * | Granted          | yes                         |
 * | Declined         | the next one; none left: no |
 * | Denied           | no                          |
 *
 * Most backends say it by the {@link Grants} that were loaded before, at most one question per request, whatever is
 * asked afterwards. One that judges for itself is asked each time: {@link decide} names it, and is called again with
 * what it said. An active superuser is not asked about at all.
 *
 * @see Django: PermissionsMixin, ModelBackend
 */

/** What one backend grants one user, on no object in particular. */
export interface Grants {
  readonly isActive: boolean
  readonly isSuperuser: boolean
  /** Granted to the user directly. Every permission there is for a superuser. */
  readonly user: ReadonlySet<string>
  /** Granted through groups. Every permission there is for a superuser. */
  readonly group: ReadonlySet<string>
}

/** One backend, in its place among the others. */
export interface Voice {
  readonly backend: string
  /** Which questions it answers itself instead of by its grants. */
  readonly judges: Judges
  readonly grants: Granted
}

export interface Judges {
  readonly perm: boolean
  readonly objectPerm: boolean
  readonly modulePerms: boolean
}

/** What a backend grants; `undefined`: nothing, or it does not know the user; `Denied`: nobody after it grants more. */
export type Granted = Grants | "Denied" | undefined

/** What to be asked about: the backends that have a say on a user, in order. */
export type Subject = ReadonlyArray<Voice>

/** What one backend says to one question. */
export type Verdict = "Granted" | "Declined" | "Denied"

export type Question =
  | { readonly _tag: "Perm"; readonly permission: string; readonly isAboutObject: boolean }
  | { readonly _tag: "ModulePerms"; readonly appLabel: string }

export type Decision =
  | { readonly _tag: "Decided"; readonly holds: boolean }
  | { readonly _tag: "Ask"; readonly backend: string }

/** A {@link Grants} of one kind. */
export type Kind = "user" | "group" | "all"

export const nothing: ReadonlySet<string> = new Set()

/** An active superuser may do anything, even what no permission names. */
export const isOmnipotent = (subject: Subject): boolean =>
  subject.some(({ grants }) => isHeld(grants) && grants.isSuperuser)

/** @param said what the backends that judge for themselves have said to this question so far */
export const decide = (subject: Subject, question: Question, said: ReadonlyMap<string, Verdict>): Decision => {
  if (isOmnipotent(subject)) return decided(true)
  for (const voice of subject) {
    const verdict = isAsked(voice.judges, question) ? said.get(voice.backend) : verdictOf(voice.grants, question)
    if (verdict === undefined) return { _tag: "Ask", backend: voice.backend }
    if (verdict !== "Declined") return decided(verdict === "Granted")
  }
  return decided(false)
}

/** What the backends grant, in order; nothing to an inactive user. */
export const granted = (grants: ReadonlyArray<Granted>, kind: Kind): ReadonlySet<string> => {
  const denial = grants.indexOf("Denied")
  const heard = denial < 0 ? grants : grants.slice(0, denial)
  const sets = heard.filter(isHeld).flatMap((each) => (kind === "all" ? [each.user, each.group] : [each[kind]]))
  const [only] = sets
  return only !== undefined && sets.length === 1 ? only : new Set(sets.flatMap((set) => [...set]))
}

/** The app that a permission is of: what stands before the first dot. */
export const appOf = (permission: string): string => permission.split(".", 1)[0] ?? ""

/**
 * Takes `app_label.codename` apart.
 *
 * @returns `undefined` unless there is exactly one dot
 */
export const parse = (permission: string): { readonly appLabel: string; readonly codename: string } | undefined => {
  const [appLabel, codename, ...rest] = permission.split(".")
  return appLabel === undefined || codename === undefined || rest.length > 0 ? undefined : { appLabel, codename }
}

const isAsked = (judges: Judges, question: Question): boolean => {
  if (question._tag === "ModulePerms") return judges.modulePerms
  return question.isAboutObject ? judges.objectPerm : judges.perm
}

/** By grants: they are on no object in particular, so on one they are nothing, as with Django's own backends. */
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
