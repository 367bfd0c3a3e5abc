/** The names of Django's tables, and their schema. Every statement takes the names from here. */
import { quoteColumn, quoteTable } from "../connection/statement.ts"

export interface NameOptions {
  /**
   * The schema of Django's tables, for every statement and for `createTables`. Default: if `users.table` contains a
   * schema, that one is used for the tables of users, groups, permissions and content types; otherwise the server's
   * `search_path` decides.
   */
  readonly schema?: string
  readonly users?: {
    readonly table?: string
    readonly memberships?: { readonly groups?: string; readonly permissions?: string; readonly userId?: string }
  }
  readonly sessions?: { readonly table?: string }
  /** The table of the records of users' sessions. Default: `latchkey_user_session`, in the schema of the sessions. */
  readonly userSessions?: { readonly table?: string }
  /** The table of a throttle store, the option `table` of `postgresThrottle`. Default: `latchkey_throttle`. */
  readonly throttleTable?: string
}

/** Quoted names, with the schema if there is one. */
export interface DjangoNames {
  /** Only the schema. */
  readonly schema: string | undefined
  readonly adminLog: string
  readonly contentTypes: string
  readonly groups: string
  readonly groupPermissions: string
  readonly migrations: string
  readonly permissions: string
  readonly sessions: string
  /** Whether `sessions` is the table of Django's app `sessions`. */
  readonly sessionsAreDjangos: boolean
  /** The table of the records of users' sessions. It is not Django's. */
  readonly userSessions: string
  /** The table of the throttle store. It is not Django's. */
  readonly throttle: string
  readonly users: string
  /** Whether `users` is the table of Django's own user model, which the migrations of the app `auth` create. */
  readonly usersAreDjangos: boolean
  readonly userGroups: string
  readonly userPermissions: string
  /** The column with the user's id in the last two tables. */
  readonly userId: string
}

/** @returns the names, and the mistakes in the options */
export const djangoNames = ({
  schema: given,
  sessions,
  userSessions,
  throttleTable = "latchkey_throttle",
  users = {}
}: NameOptions): { readonly names: DjangoNames; readonly problems: ReadonlyArray<string> } => {
  const problems: Array<string> = []
  const table = (setting: string, name: string, schema: string | undefined): string => {
    const quoted = quoteTable(schema === undefined || name.includes(".") ? name : `${schema}.${name}`)
    if (quoted === undefined) problems.push(`${setting}: not a table name; ${characters}`)
    return quoted ?? ""
  }
  const name = (setting: string, text: string): string => {
    const quoted = quoteColumn(text)
    if (quoted === undefined) problems.push(`${setting}: not a name; ${characters}`)
    return quoted ?? ""
  }

  const { memberships = {}, table: usersTable = "auth_user" } = users
  const [ofUsers] = usersTable.includes(".") ? usersTable.split(".") : []
  const schema = given ?? ofUsers
  const ofSchema = given === undefined ? "users.table" : "schema"
  const django = (bare: string): string => table(ofSchema, bare, schema)
  const usersName = table("users.table", usersTable, given)
  const sessionsName = table("sessions.table", sessions?.table ?? "django_session", given)
  const ofSessions = sessions?.table?.includes(".") === true ? `${sessions.table.split(".")[0]}.` : ""
  const names = {
    schema: schema === undefined ? undefined : `"${schema}"`,
    adminLog: django("django_admin_log"),
    contentTypes: django("django_content_type"),
    groups: django("auth_group"),
    groupPermissions: django("auth_group_permissions"),
    migrations: django("django_migrations"),
    permissions: django("auth_permission"),
    sessions: sessionsName,
    sessionsAreDjangos: isNamed(sessionsName, "django_session"),
    userSessions: table("userSessions.table", userSessions?.table ?? `${ofSessions}latchkey_user_session`, given),
    throttle: table("table", throttleTable, given),
    users: usersName,
    usersAreDjangos: usersName === django("auth_user"),
    userGroups: table("users.memberships", memberships.groups ?? `${usersTable}_groups`, schema),
    userPermissions: table("users.memberships", memberships.permissions ?? `${usersTable}_user_permissions`, schema),
    userId: name("users.memberships", memberships.userId ?? "user_id")
  }
  // If the schema is not a valid name, no table name is valid. Only the mistake in the schema is reported then.
  const ofSchemaAlone = problems.filter((problem) => problem.startsWith(`${ofSchema}:`))
  return { names, problems: [...new Set(ofSchemaAlone.length > 0 ? ofSchemaAlone : problems)] }
}

const characters = "write letters, digits, _ and -, without quotes, at most 63 of them"

/** Whether a quoted name is this name, in any schema. */
export const isNamed = (table: string, bare: string): boolean => table === `"${bare}"` || table.endsWith(`."${bare}"`)
