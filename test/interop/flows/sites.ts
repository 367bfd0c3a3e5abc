/** The sites that flows are walked through, each with the same people on a database that can be put back. */
import { rmSync } from "node:fs"
import postgres from "postgres"
import { type DjangoOptions, type DjangoVersion, django, type Site } from "../../rig/django.ts"
import { startExample } from "../../rig/example.ts"
import { startPostgres } from "../../rig/postgres-server.ts"
import { startRedis } from "../../rig/redis-server.ts"
import { folderFor } from "../../rig/unprivileged.ts"
import { people } from "./bodies.ts"

export const engines = ["db", "file", "signed_cookies", "cached_db", "cache"] as const

export type Engine = (typeof engines)[number]

/** What sites sign with; and what they signed with before. */
export type Secrets = Required<Pick<DjangoOptions, "secretKey" | "secretKeyFallbacks">>

/** A database that Django migrated, with the people of the flows, and sites on it. */
export interface Place {
  readonly django: (secrets: Secrets) => Promise<Site>
  readonly example: (secrets: Secrets) => Promise<Site>
  /** Makes the people what they were. */
  readonly restorePeople: () => Promise<void>
  /** The same, and forgets all sessions that have a row. */
  readonly restore: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Where places are made: a PostgreSQL server, and a Redis from the first place on that needs one. */
export interface Ground {
  readonly version: DjangoVersion
  readonly place: (engine: Engine) => Promise<Place>
  readonly stop: () => Promise<void>
}

const POPULATE = `
from django.core.management import call_command
from django.contrib.auth.models import Group, Permission, User
call_command("migrate", verbosity=0)
for person in given:
    User.objects.create_user(person["username"], password=person["password"])
allowed = Permission.objects.get(codename="change_user")
group = Group.objects.create(name="editors")
group.permissions.add(allowed)
User.objects.get(username="bøb").user_permissions.add(allowed)
User.objects.get(username="carol").groups.add(group)
User.objects.filter(username="root").update(is_superuser=True)
User.objects.filter(username="ivan").update(is_active=False)
`

/** All places are alike and share nothing. Their examples are told which Django is beside them. */
export const breakGround = async (version: DjangoVersion = "4.2"): Promise<Ground> => {
  const server = await startPostgres({ log_statement: "none" })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  const template = await server.createDatabase()
  await django({ databaseUrl: template, djangoVersion: version, secretKey: "of no account" }).manage(POPULATE, people)
  let copies = 0
  const copy = async (): Promise<string> => {
    const name = `place_${++copies}`
    await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${new URL(template).pathname.slice(1)}`)
    return new URL(name, template).href
  }
  let redis: ReturnType<typeof startRedis> | undefined
  return {
    version,
    place: async (engine) => {
      if (engine === "cache" || engine === "cached_db") {
        // Places may share it: no two sessions have one key. Both kinds of site read where it is from the environment.
        redis ??= startRedis()
        process.env["REDIS_URL"] = (await redis).url
      }
      return placeOn(await copy(), engine, version)
    },
    stop: async () => {
      await admin.end()
      await (await redis)?.stop()
      await server.stop()
    }
  }
}

const placeOn = async (databaseUrl: string, engine: Engine, djangoVersion: DjangoVersion): Promise<Place> => {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql.unsafe("CREATE TABLE kept AS SELECT * FROM auth_user")
  const folder = engine === "file" ? folderFor({}, "sessions") : undefined
  const shared = {
    djangoVersion,
    databaseUrl,
    passwordIterations: 1,
    sessionEngine: engine,
    ...(folder === undefined ? {} : { sessionFilePath: folder })
  }
  const restorePeople =
    "UPDATE auth_user SET password = kept.password, last_login = NULL FROM kept WHERE kept.id = auth_user.id"
  return {
    django: (secrets) => django({ ...shared, ...secrets }).serve(),
    example: (secrets) => startExample({ ...shared, ...secrets, env: { DJANGO_PEER: djangoVersion } }),
    restorePeople: async () => {
      await sql.unsafe(restorePeople)
    },
    restore: async () => {
      await sql.unsafe(`DELETE FROM django_session; ${restorePeople}`)
    },
    close: async () => {
      await sql.end()
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    }
  }
}
