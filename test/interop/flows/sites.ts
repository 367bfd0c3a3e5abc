/** The sites that flows run on. All have the same users, and each has a database that can be reset. */
import { rmSync } from "node:fs"
import postgres from "postgres"
import { type DjangoOptions, type DjangoVersion, django, type Site } from "../../rig/django.ts"
import { startExample } from "../../rig/example.ts"
import { startPostgres } from "../../rig/postgres-server.ts"
import { startRedis } from "../../rig/redis-server.ts"
import { folderFor } from "../../rig/unprivileged.ts"
import { people } from "./bodies.ts"
import type { Population, Varied } from "./varied.ts"

export const engines = ["db", "file", "signed_cookies", "cached_db", "cache"] as const

export type Engine = (typeof engines)[number]

/** The keys that sites sign with: the present one, and the former ones. */
export type Secrets = Required<Pick<DjangoOptions, "secretKey" | "secretKeyFallbacks">>

/** A database that Django migrated, with the people of the flows, and sites on it. */
export interface Place {
  readonly django: (secrets: Secrets) => Promise<Site>
  readonly example: (secrets: Secrets) => Promise<Site>
  /** Resets the users. */
  readonly restorePeople: () => Promise<void>
  /** Resets the users, and deletes all sessions that have a row. */
  readonly restore: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Creates places: starts a PostgreSQL server, and a Redis as soon as one place needs it. */
export interface Ground {
  readonly version: DjangoVersion
  readonly place: (engine: Engine, varied: Varied) => Promise<Place>
  readonly stop: () => Promise<void>
}

const POPULATE = `
from django.core.management import call_command
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
call_command("migrate", verbosity=0)
User = get_user_model()
def named(name):
    return User.objects.filter(**{User.USERNAME_FIELD: name})
for person in given["people"]:
    user = User(**{User.USERNAME_FIELD: person["username"]})
    user.set_password(person["password"])
    user.save()
# The site asks for the permissions of Django's model, also where the users are of another one.
content_type, _ = ContentType.objects.get_or_create(app_label="auth", model="user")
allowed, _ = Permission.objects.get_or_create(codename="change_user", content_type=content_type)
group = Group.objects.create(name="editors")
group.permissions.add(allowed)
named(given["changer"]).get().user_permissions.add(allowed)
named(given["editor"]).get().groups.add(group)
named(given["superuser"]).update(is_superuser=True)
named("ivan").update(is_active=False)
`

/** Users and their permissions for the flows. */
const roles = { changer: "bøb", editor: "carol", superuser: "root" }
/** The schema `public` has other permissions under other ids, beside the tables of the tenant. */
const otherRoles = { changer: "alice", editor: "alice", superuser: "alice" }

/** All places are alike and share nothing. Their examples are configured for the version of Django beside them. */
export const breakGround = async (version: DjangoVersion = "4.2"): Promise<Ground> => {
  const server = await startPostgres({ log_statement: "none" })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  const populate = async ({ django: settings = {}, schema }: Population): Promise<string> => {
    const databaseUrl = await server.createDatabase()
    const site = { databaseUrl, djangoVersion: version, secretKey: "of no account", settings }
    if (schema !== undefined) {
      await django(site).manage(POPULATE, { people: people.toReversed(), ...otherRoles })
      const own = postgres(databaseUrl, { max: 1 })
      await own.unsafe(`CREATE SCHEMA ${schema}`)
      await own.end()
    }
    await django({ ...site, schema }).manage(POPULATE, { people, ...roles })
    return databaseUrl
  }
  const templates = new Map<Population, Promise<string>>()
  let copies = 0
  const copy = async (population: Population): Promise<string> => {
    const made = templates.get(population) ?? populate(population)
    templates.set(population, made)
    const template = await made
    const name = `place_${++copies}`
    await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${new URL(template).pathname.slice(1)}`)
    return new URL(name, template).href
  }
  let redis: ReturnType<typeof startRedis> | undefined
  return {
    version,
    place: async (engine, varied) => {
      if (engine === "cache" || engine === "cached_db") {
        // Places may share a Redis, because no two sessions have the same key. Both kinds of site read its address from
        // the environment.
        redis ??= startRedis()
        process.env["REDIS_URL"] = (await redis).url
      }
      return placeOn(await copy(varied.population), engine, version, varied)
    },
    stop: async () => {
      await admin.end()
      await (await redis)?.stop()
      await server.stop()
    }
  }
}

const placeOn = async (
  databaseUrl: string,
  engine: Engine,
  djangoVersion: DjangoVersion,
  { django: settings, latchkey, population }: Varied
): Promise<Place> => {
  const { schema, sessionsTable, usersTable } = population
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql.unsafe(`CREATE TABLE kept AS SELECT * FROM ${usersTable}`)
  const folder = engine === "file" ? folderFor({}, "sessions") : undefined
  const shared = {
    djangoVersion,
    databaseUrl,
    passwordIterations: 1,
    sessionEngine: engine,
    ...(folder === undefined ? {} : { sessionFilePath: folder })
  }
  const restorePeople = `UPDATE ${usersTable} AS now SET password = kept.password, last_login = NULL FROM kept WHERE kept.id = now.id`
  const exampleEnvironment = {
    DJANGO_VERSION: djangoVersion,
    AUTH_OPTIONS: JSON.stringify(latchkey),
    POSTGRES_OPTIONS: JSON.stringify(population.postgres ?? {})
  }
  return {
    django: (secrets) =>
      django({
        ...shared,
        ...secrets,
        settings: { ...population.django, ...settings },
        schema
      }).serve(),
    example: (secrets) => startExample({ ...shared, ...secrets, env: exampleEnvironment }),
    restorePeople: async () => {
      await sql.unsafe(restorePeople)
    },
    restore: async () => {
      await sql.unsafe(`DELETE FROM ${sessionsTable}; ${restorePeople}`)
    },
    close: async () => {
      await sql.end()
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    }
  }
}
