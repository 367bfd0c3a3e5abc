/**
 * What a user may do: Django's permission strings `<app_label>.<codename>`, asked of the backends in order.
 *
 * Everything here is decided over {@link Grants} that were loaded before, one per backend: at most one question per
 * request, whatever is asked afterwards.
 *
 * @see Django: PermissionsMixin, ModelBackend
 */

/** What one backend grants one user. */
export interface Grants {
  readonly isActive: boolean
  readonly isSuperuser: boolean
  /** Granted to the user directly. Every permission there is for a superuser. */
  readonly user: ReadonlySet<string>
  /** Granted through groups. Every permission there is for a superuser. */
  readonly group: ReadonlySet<string>
}

/** What to be asked about: nobody, or a user with what the backends grant, in order. */
export type Subject = { readonly _tag: "Anonymous" } | { readonly _tag: "User"; readonly grants: ReadonlyArray<Grants> }

export const nothing: ReadonlySet<string> = new Set()

/** An active superuser may do anything, even what no permission names. */
export const isOmnipotent = (subject: Subject): boolean =>
  subject._tag === "User" && subject.grants.some(({ isActive, isSuperuser }) => isActive && isSuperuser)

/** Permissions granted directly; none for nobody and for inactive users. */
export const userPermissions = (subject: Subject): ReadonlySet<string> => union(subject, ({ user }) => [user])

/** Permissions granted through groups. */
export const groupPermissions = (subject: Subject): ReadonlySet<string> => union(subject, ({ group }) => [group])

/** Both. */
export const allPermissions = (subject: Subject): ReadonlySet<string> =>
  union(subject, ({ group, user }) => [user, group])

/** Whether the user has this permission, by the first backend that grants it. */
export const hasPerm = (subject: Subject, permission: string): boolean =>
  isOmnipotent(subject) || allPermissions(subject).has(permission)

/** Whether the user has all of these; an empty list is had by everybody. */
export const hasPerms = (subject: Subject, permissions: ReadonlyArray<string>): boolean =>
  permissions.every((permission) => hasPerm(subject, permission))

/** Whether the user has any permission of this app. */
export const hasModulePerms = (subject: Subject, appLabel: string): boolean =>
  isOmnipotent(subject) || [...allPermissions(subject)].some((permission) => appOf(permission) === appLabel)

/**
 * Takes `app_label.codename` apart.
 *
 * @returns `undefined` unless there is exactly one dot
 */
export const parse = (permission: string): { readonly appLabel: string; readonly codename: string } | undefined => {
  const [appLabel, codename, ...rest] = permission.split(".")
  return appLabel === undefined || codename === undefined || rest.length > 0 ? undefined : { appLabel, codename }
}

const appOf = (permission: string): string => permission.split(".", 1)[0] ?? ""

const union = (subject: Subject, of: (grants: Grants) => ReadonlyArray<ReadonlySet<string>>): ReadonlySet<string> => {
  if (subject._tag === "Anonymous") return nothing
  const sets = subject.grants.filter(({ isActive }) => isActive).flatMap(of)
  const [only] = sets
  if (only !== undefined && sets.length === 1) return only
  return new Set(sets.flatMap((set) => [...set]))
}
