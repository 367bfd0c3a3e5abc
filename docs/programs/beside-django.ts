import { text } from "node:stream/consumers"
import { createAuth, type DjangoVersion, djangoVersions, modelBackend } from "latchkey"
import { postgres } from "latchkey/postgres"

const { DATABASE_URL: url, DJANGO_VERSION: djangoVersion = "5.2", SECRET_KEY: secretKey } = process.env
const isDjangoVersion = (version: string): version is DjangoVersion => Object.hasOwn(djangoVersions, version)
if (!isDjangoVersion(djangoVersion))
  throw new Error(`DJANGO_VERSION must be one of ${Object.keys(djangoVersions).join(", ")}`)

// Add your site's other settings here, the same as in your application.
const pg = postgres({ url })
const backends = { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
const auth = createAuth({ djangoVersion, secretKey, sessions: pg.sessions, backends })

const cookie = (await text(process.stdin)).trim()
// A reader cannot write the session.
const { getUser, session } = auth.reader({
  method: "GET",
  target: "/",
  headers: [["Cookie", `sessionid=${cookie}`]],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

/** Call it before `getUser`: after that call, a session that is no longer valid reads as absent. */
const whyNoUser = async (): Promise<string> => {
  if (session.key() === undefined) return "standard input holds no session key"
  const keys = await session.keys()
  if (session.key() === undefined) return "no such session, or it has expired"
  if (keys.length === 0) return "the session reads as empty: SECRET_KEY may be wrong"
  const backend = await session.get("_auth_user_backend")
  if (backend === undefined) return "no user has logged in to this session"
  if (!Object.hasOwn(backends, String(backend))) return `the backend of the login is not configured: ${backend}`
  return "the user was deleted, is inactive, has a new password, or is not in this table"
}

const reason = await whyNoUser()
const user = await getUser()
console.log(user ? user.username : `no user: ${reason}`)
await pg.close()
