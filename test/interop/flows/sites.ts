/** The sites that flows are walked through, each with the same people on a database that can be put back. */
import { rmSync } from "node:fs"
import postgres from "postgres"
import { type Django, django, type Site } from "../../rig/django.ts"
import { startExample } from "../../rig/example.ts"
import { type PostgresServer, startPostgres } from "../../rig/postgres-server.ts"
import { startRedis } from "../../rig/redis-server.ts"
import { folderFor } from "../../rig/unprivileged.ts"
import { people } from "./requests.ts"

export type Engine = "db" | "cache" | "cached_db" | "file" | "signed_cookies"

export const SECRET_KEY = "asked-by-all-flows-0123456789-0123456789-0123456789"

/** A database that Django migrated, with the people of the flows, and sites on it. */
export interface Place {
  readonly django: () => Promise<string>
  readonly example: () => Promise<string>
  /** Forgets all sessions, and makes the people what they were. */
  readonly restore: () => Promise<void>
}

export interface Sites {
  readonly place: () => Promise<Place>
  readonly stop: () => Promise<void>
}

const POPULATE = `
from django.contrib.auth.models import Group, Permission, User
allowed = Permission.objects.get(codename="change_user")
group = Group.objects.create(name="editors")
group.permissions.add(allowed)
User.objects.get(username="bøb").user_permissions.add(allowed)
User.objects.get(username="carol").groups.add(group)
User.objects.filter(username="root").update(is_superuser=True)
User.objects.filter(username="ivan").update(is_active=False)
`

/** A PostgreSQL server for places. All places of one engine are alike, and share nothing. */
export const startSites = async (engine: Engine): Promise<Sites> => {
  const running: Array<{ readonly stop: () => Promise<void> }> = []
  const server: PostgresServer = await startPostgres({ log_statement: "none" })
  running.push(server)
  const folders: Array<string> = []
  const sessionFolder = (): string => {
    const folder = folderFor({}, "sessions")
    folders.push(folder)
    return folder
  }
  if (engine === "cache" || engine === "cached_db") {
    // Places may share it: no two sessions have one key. Both kinds of site read where it is from the environment.
    const redis = await startRedis()
    running.push(redis)
    process.env["REDIS_URL"] = redis.url
  }
  const up = async (starting: Promise<Site>): Promise<string> => {
    const site = await starting
    running.push(site)
    return site.url
  }
  return {
    place: async () => {
      const databaseUrl = await server.createDatabase()
      const shared = {
        databaseUrl,
        secretKey: SECRET_KEY,
        passwordIterations: 1,
        sessionEngine: engine,
        ...(engine === "file" ? { sessionFilePath: sessionFolder() } : {})
      }
      const site: Django = django(shared)
      await site.migrate()
      await site.createUsers(people)
      await site.manage(POPULATE)
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
      running.push({ stop: () => sql.end() })
      await sql.unsafe("CREATE TABLE kept AS SELECT * FROM auth_user")
      return {
        django: () => up(site.serve()),
        example: () => up(startExample(shared)),
        restore: async () => {
          await sql.unsafe(
            `DELETE FROM django_session;
             UPDATE auth_user SET password = kept.password, last_login = NULL FROM kept WHERE kept.id = auth_user.id`
          )
        }
      }
    },
    stop: async () => {
      for (const started of running.reverse()) await started.stop()
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    }
  }
}
