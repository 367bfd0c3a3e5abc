/** A real Django 4.2 site (test/interop/oracle), served by gunicorn or called through Python. Debian 12 only. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Child, start } from "./child.ts"
import { djangoShell } from "./django-shell.ts"
import { preparedFolder } from "./prepared.ts"
import { type Service, serviceOf } from "./services.ts"

/** The Django versions on Debian 12: 3.2 is installed, 4.2 is in a folder of its own. */
export type DjangoVersion = "3.2" | "4.2"

export interface DjangoOptions {
  /** Default 4.2. */
  readonly djangoVersion?: DjangoVersion
  /** A folder with another Django, which is used instead. */
  readonly library?: string
  /** `postgres://user[:password]@host:port/database` */
  readonly databaseUrl: string
  readonly secretKey: string
  readonly secretKeyFallbacks?: readonly string[]
  /** PBKDF2 iterations of new hashes; default 1. */
  readonly passwordIterations?: number
  /** The last part of SESSION_ENGINE: `db`, `file`, `signed_cookies`, ... */
  readonly sessionEngine?: string
  readonly sessionFilePath?: string
  /** SESSION_SERIALIZER, a dotted path, for example `serializers.UTF8Serializer` of the site. Default: Django's. */
  readonly sessionSerializer?: string
  /** The schema of its tables, set through `search_path`; it must exist. Default: the database's own, `public`. */
  readonly schema?: string | undefined
  /** TIME_ZONE; default Django's own. */
  readonly timeZone?: string
  /** USE_TZ; default true. */
  readonly useTimeZones?: boolean
  /** Further settings under Django's names. They override all others. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A server that answers requests: a Django site or an example. */
export interface Site {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly output: () => string
  readonly stop: () => Promise<void>
}

export interface NewDjangoUser {
  readonly username: string
  readonly password: string
  /** For a hash that differs from what the site itself makes. */
  readonly iterations?: number
}

export interface Django {
  /** Runs `django migrate`. @returns its output */
  readonly migrate: () => Promise<string>
  /**
   * Runs Python with Django set up. The code reads the variable `given` and assigns its answer, a JSON value, to
   * `answer`. @returns that answer; rejects with Python's traceback
   */
  readonly manage: (code: string, given?: unknown) => Promise<unknown>
  /** Creates active users, all in one call, because starting Python is slow. */
  readonly createUsers: (users: readonly NewDjangoUser[]) => Promise<void>
  /** The encoded password of a user, as stored in the row. */
  readonly encodedPassword: (username: string) => Promise<unknown>
  /** Starts gunicorn on a free loopback port. @returns when it answers requests */
  readonly serve: () => Promise<Site>
}

const PYTHON = "/usr/bin/python3"
/** The folder with Django 4.2. */
export const debianDjango = process.env["LATCHKEY_DJANGO"] ?? "/var/tmp/latchkey-django42"
const SITE = fileURLToPath(new URL("../interop/oracle/django_site", import.meta.url))
/** Where Python keeps compiled modules. Without them, each start of Python compiles Django again. */
const BYTECODE = { PYTHONPYCACHEPREFIX: join(preparedFolder, "python"), PYTHONDONTWRITEBYTECODE: undefined }

/** The PYTHONPATH for a version. */
const libraryOf = (version: DjangoVersion): string | undefined => (version === "4.2" ? debianDjango : undefined)

const missing = (version: DjangoVersion): string | undefined => {
  if (version === "4.2" && !existsSync(`${debianDjango}/django`)) return `there is no Django in ${debianDjango}`
  const check = `import django, psycopg2, asgiref, sqlparse, gunicorn; assert django.__version__.startswith("${version}.")`
  try {
    const env = { ...process.env, PYTHONPATH: libraryOf(version), ...BYTECODE }
    execFileSync(PYTHON, ["-c", check], { stdio: "ignore", env })
    return undefined
  } catch {
    return `${PYTHON} lacks Django ${version}, psycopg2 or gunicorn`
  }
}

/**
 * Whether the site can run here. Works as `service` of services.ts: if not, the reason is printed, or thrown where
 * services are required.
 */
export const djangoService = (version: DjangoVersion = "4.2"): Service => {
  const what = missing(version)
  return serviceOf(what === undefined ? undefined : `${what} (Debian 12: test/rig/apt.sh)`)
}

const environment = (options: DjangoOptions): Record<string, string | undefined> => {
  const database = new URL(options.databaseUrl)
  return {
    PYTHONPATH: options.library ?? libraryOf(options.djangoVersion ?? "4.2"),
    ...BYTECODE,
    PYTHONUTF8: "1",
    DJANGO_SETTINGS_MODULE: "settings",
    PGHOST: database.hostname,
    PGPORT: database.port || "5432",
    PGUSER: decodeURIComponent(database.username),
    PGPASSWORD: decodeURIComponent(database.password) || undefined,
    PGDATABASE: database.pathname.slice(1),
    PGOPTIONS: options.schema === undefined ? undefined : `-c search_path=${options.schema}`,
    SECRET_KEY: options.secretKey,
    SECRET_KEY_FALLBACKS: options.secretKeyFallbacks?.join(","),
    PASSWORD_ITERATIONS: String(options.passwordIterations ?? 1),
    SESSION_ENGINE: options.sessionEngine,
    SESSION_FILE_PATH: options.sessionFilePath,
    SESSION_SERIALIZER: options.sessionSerializer,
    TIME_ZONE: options.timeZone,
    SITE_SETTINGS: JSON.stringify(options.settings ?? {}),
    USE_TZ: (options.useTimeZones ?? true) ? "1" : "0"
  }
}

const MIGRATE = `
from io import StringIO
from django.core.management import call_command
output = StringIO()
call_command("migrate", stdout=output)
answer = output.getvalue()
`

const CREATE_USERS = `
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
hasher = PBKDF2PasswordHasher()
for new in given:
    user = get_user_model().objects.create_user(new["username"], password=new["password"])
    if "iterations" in new:
        user.password = hasher.encode(new["password"], hasher.salt(), new["iterations"])
        user.save()
`

const ENCODED_PASSWORD = `
from django.contrib.auth import get_user_model
answer = get_user_model().objects.get(username=given).password
`

const GUNICORN = "-m gunicorn -w 1 -k gthread --threads 8 --keep-alive 75 -b 127.0.0.1:0 wsgi".split(" ")

/** How to start the site in another process: the command, its environment, its folder. It says where it listens. */
export const djangoCommand = (options: DjangoOptions) => [[PYTHON, ...GUNICORN], environment(options), SITE] as const

/** A Django site on that database. Nothing is started until one of its functions is called. */
export const django = (options: DjangoOptions): Django => {
  const env = environment(options)

  const shell = djangoShell({ python: PYTHON, cwd: SITE, env })
  const manage: Django["manage"] = (code, given = null) => shell.run(code, given)

  return {
    migrate: async () => String(await manage(MIGRATE)),
    manage,
    createUsers: async (users) => {
      await manage(CREATE_USERS, users)
    },
    encodedPassword: (username) => manage(ENCODED_PASSWORD, username),
    serve: async () => {
      const child = start(PYTHON, GUNICORN, { cwd: SITE, env })
      const [, url = ""] = await child.printed(/Listening at: (http:\/\/127\.0\.0\.1:\d+)/)
      await answers(url, child)
      return {
        url,
        output: child.output,
        // On SIGTERM it would wait for clients that keep their connections open.
        stop: async () => {
          await child.stop({ signal: "SIGQUIT" })
        }
      }
    }
  }
}

/**
 * Gunicorn binds the port before it loads the site. The first answer waits for the site; a broken site never answers.
 */
const answers = async (url: string, child: Child): Promise<void> => {
  try {
    const response = await fetch(`${url}/anon`, { signal: AbortSignal.timeout(30_000) })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
  } catch (cause) {
    await child.kill()
    throw new Error(`the Django site does not answer:\n${child.output()}`, { cause })
  }
}
