/** The users of a test site. */
import * as Effect from "effect/Effect"
import { ConfigurationInvalid } from "../../adapters/errors/errors.ts"
import { boolean, checkOptions, type Kinds, string, strings } from "../../adapters/options/option-kinds.ts"
import type { MemoryStores } from "../../adapters/store/memory.ts"
import type { ReadableClock } from "./clock.ts"
import { encodeInstantly } from "./instant-hasher.ts"

/** A user of a test site. */
export interface TestUser {
  /** Default: `<user name>'s password`. */
  readonly password?: string
  /** Default: `<user name>@example.com`. */
  readonly email?: string
  /** Whether the user may log in. Default true. */
  readonly isActive?: boolean
  /** Default false. */
  readonly isStaff?: boolean
  /** Whether the user has every permission. Default false. */
  readonly isSuperuser?: boolean
  /** Permissions granted directly, each `<app_label>.<codename>`. */
  readonly permissions?: ReadonlyArray<string>
  /** Names of groups. Each has its permissions in the option `groups`. */
  readonly groups?: ReadonlyArray<string>
}

/** Users by name. */
export type TestUsers = Readonly<Record<string, TestUser>>

/** The users of a site that is made without `users`: alice and bob have no permissions, and admin has all. */
export const defaultUsers = { alice: {}, bob: {}, admin: { isStaff: true, isSuperuser: true } } as const

const userKinds: Kinds<TestUser> = {
  password: string,
  email: string,
  isActive: boolean,
  isStaff: boolean,
  isSuperuser: boolean,
  permissions: strings,
  groups: strings
}

/** The password of a user at the start. */
export const passwordOf = (name: string, user: TestUser | undefined): string => user?.password ?? `${name}'s password`

/** Stores the users. @returns their ids by name */
export const addUsers = (
  { users: store }: MemoryStores,
  users: TestUsers,
  groups: Readonly<Record<string, ReadonlyArray<string>>>,
  clock: ReadableClock
): ReadonlyMap<string, string> => {
  for (const [group, permissions] of Object.entries(groups)) store.setGroupPermissions(group, permissions)
  return new Map(
    Object.entries(users).map(([username, user]) => {
      checkOptions(user, userKinds, `users.${username}.`)
      const unknown = user.groups?.filter((group) => !Object.hasOwn(groups, group)) ?? []
      if (unknown.length > 0)
        throw new ConfigurationInvalid({
          problems: unknown.map((group) => `users.${username}.groups: write the permissions of ${group} in \`groups\``)
        })
      const { email = `${username}@example.com`, isStaff = false, isSuperuser = false } = user
      const password = encodeInstantly(passwordOf(username, user))
      const row = Effect.runSync(store.create({ username, email, password, isStaff, isSuperuser }, clock.now()))
      const id = row?.id ?? ""
      if (user.isActive === false) store.change(id, { isActive: false })
      if (user.permissions !== undefined) store.setPermissions(id, user.permissions)
      if (user.groups !== undefined) store.setGroups(id, user.groups)
      return [username, id]
    })
  )
}
