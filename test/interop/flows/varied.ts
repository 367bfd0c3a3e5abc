/** Settings that flows run with: under Django's names, and the same for latchkey. */
import { type IntendedWith, intendedWith } from "./differences.ts"
import type { Names } from "./step.ts"
import type { LeavesOut } from "./walk.ts"

type Options = Readonly<Record<string, unknown>>

/** A database that all sites of one variation share: its users and the location of its tables. */
export interface Population {
  readonly name: string
  /** The schema of its tables; `public` then has other ones. Default: `public`. */
  readonly schema?: string
  /** Settings that Django needs for its tables. */
  readonly django?: Options
  /** Options of `postgres`. */
  readonly postgres?: Options
  readonly usersTable: string
  readonly sessionsTable: string
}

export interface Varied {
  /** The settings under Django's names, with their values. */
  readonly name: string
  readonly population: Population
  /** Django's settings, which override those of the site. */
  readonly django: Options
  /** Options of `createAuth`, which override those of the example. */
  readonly latchkey: Options
  readonly names?: Partial<Names>
  readonly intended?: ReadonlyArray<IntendedWith>
  readonly leavesOut?: LeavesOut
}

const djangoTables: Population = {
  name: "users of Django's own model",
  usersTable: "auth_user",
  sessionsTable: "django_session"
}

/** A user model with another table, another user name field, and its own membership tables. */
const people: Population = {
  name: "users of a model of the site",
  django: {
    AUTH_USER_MODEL: "people.Person",
    INSTALLED_APPS: ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "people"]
  },
  postgres: {
    users: { table: "people_person", columns: { username: "handle" }, memberships: { userId: "person_id" } }
  },
  usersTable: "people_person",
  sessionsTable: "django_session"
}

/** Every table twice: in `public` the same users have other permissions and other ids. */
const tenant: Population = {
  name: "tables in a schema of a tenant, and others of the same names in public",
  schema: "tenant",
  postgres: { schema: "tenant" },
  usersTable: "tenant.auth_user",
  sessionsTable: "tenant.django_session"
}

const { deadCookieWithoutReading, varyOnEverySave, varyWithoutReading } = intendedWith

/** Only defaults. */
export const stock: Varied = { name: "the defaults", population: djangoTables, django: {}, latchkey: {} }

const varied = (
  django: Options,
  latchkey: Options,
  {
    population = djangoTables,
    ...others
  }: Partial<Pick<Varied, "intended" | "leavesOut" | "names" | "population">> = {}
): Varied => ({
  name:
    population === djangoTables
      ? Object.entries(django)
          .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
          .join(", ")
      : population.name,
  population,
  django,
  latchkey,
  ...others
})

/** Settings share one variation only if neither hides the effect of the other. */
export const variations: ReadonlyArray<Varied> = [
  varied({ SESSION_SAVE_EVERY_REQUEST: true }, { saveEveryRequest: true }, { intended: [varyOnEverySave] }),
  varied(
    { SESSION_EXPIRE_AT_BROWSER_CLOSE: true, CSRF_COOKIE_AGE: null },
    { expireAtBrowserClose: true, csrfCookie: { ageSeconds: null } }
  ),
  varied(
    { SESSION_SAVE_EVERY_REQUEST: true, SESSION_EXPIRE_AT_BROWSER_CLOSE: true },
    { saveEveryRequest: true, expireAtBrowserClose: true },
    { intended: [varyOnEverySave] }
  ),
  varied(
    { SESSION_COOKIE_AGE: 600, CSRF_COOKIE_AGE: 60 },
    { sessionCookie: { ageSeconds: 600 }, csrfCookie: { ageSeconds: 60 } }
  ),
  varied(
    { SESSION_COOKIE_AGE: 3_155_760_000, CSRF_COOKIE_AGE: 3_155_760_000 },
    { sessionCookie: { ageSeconds: 3_155_760_000 }, csrfCookie: { ageSeconds: 3_155_760_000 } }
  ),
  varied(
    { SESSION_COOKIE_NAME: "sid", CSRF_COOKIE_NAME: "XSRF-TOKEN", CSRF_HEADER_NAME: "HTTP_X_XSRF_TOKEN" },
    { sessionCookie: { name: "sid" }, csrfCookie: { name: "XSRF-TOKEN" }, csrfHeaderName: "X-XSRF-TOKEN" },
    { names: { session: "sid", csrf: "XSRF-TOKEN", tokenHeader: "x-xsrf-token" } }
  ),
  varied(
    {
      SESSION_COOKIE_PATH: "/app/",
      SESSION_COOKIE_DOMAIN: ".latchkey.test",
      CSRF_COOKIE_PATH: "/forms",
      CSRF_COOKIE_DOMAIN: "latchkey.test"
    },
    {
      sessionCookie: { path: "/app/", domain: ".latchkey.test" },
      csrfCookie: { path: "/forms", domain: "latchkey.test" }
    }
  ),
  varied(
    { CSRF_USE_SESSIONS: true },
    { csrfUseSessions: true },
    { intended: [varyWithoutReading, deadCookieWithoutReading] }
  ),
  varied(
    {
      CSRF_COOKIE_HTTPONLY: true,
      SESSION_COOKIE_HTTPONLY: false,
      SESSION_COOKIE_SAMESITE: "Strict",
      CSRF_COOKIE_SAMESITE: "Strict"
    },
    { csrfCookie: { httpOnly: true, sameSite: "Strict" }, sessionCookie: { httpOnly: false, sameSite: "Strict" } }
  ),
  varied(
    {
      SESSION_COOKIE_SAMESITE: "None",
      SESSION_COOKIE_SECURE: true,
      CSRF_COOKIE_SAMESITE: "None",
      CSRF_COOKIE_SECURE: true
    },
    { sessionCookie: { sameSite: "None", secure: true }, csrfCookie: { sameSite: "None", secure: true } }
  ),
  varied(
    { SESSION_COOKIE_SAMESITE: false, CSRF_COOKIE_SAMESITE: false },
    { sessionCookie: { sameSite: false }, csrfCookie: { sameSite: false } }
  ),
  varied(
    { CSRF_TRUSTED_ORIGINS: ["http://shop.test", "http://*.evil.test", "https://latchkey.test"] },
    { csrfTrustedOrigins: ["http://shop.test", "http://*.evil.test", "https://latchkey.test"] }
  ),
  varied({ USE_TZ: true, TIME_ZONE: "Asia/Kathmandu" }, { timeZone: "Asia/Kathmandu" }),
  varied({ USE_TZ: false, TIME_ZONE: "Asia/Kathmandu" }, { useTimeZones: false, timeZone: "Asia/Kathmandu" }),
  varied({ USE_TZ: false, TIME_ZONE: "America/Phoenix" }, { useTimeZones: false, timeZone: "America/Phoenix" }),
  varied(
    { SESSION_SERIALIZER: "serializers.UTF8Serializer" },
    {},
    { leavesOut: ({ body = "", row }) => row === "POST /session" && body.includes("\\ud800") }
  ),
  varied({}, {}, { population: people }),
  varied({}, {}, { population: tenant })
]
