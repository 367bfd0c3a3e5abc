/** The files that `init` writes. Each is a small program that a person reads and changes. */

export type Framework = "next" | "koa" | "express"
export type SessionPlace = "postgres" | "redis"

export const frameworks: ReadonlyArray<Framework> = ["next", "koa", "express"]
export const sessionPlaces: ReadonlyArray<SessionPlace> = ["postgres", "redis"]

const imports = (sessions: SessionPlace): string => `import {
  createAuth,
  minimumLength,
  modelBackend,
  notEntirelyNumeric,
  userAttributeSimilarity
} from "latchkey"
import { postgres } from "latchkey/postgres"
${sessions === "redis" ? 'import { redisSessions } from "latchkey/redis"\n' : ""}`

/** The options of createAuth, indented by two spaces. */
const options = (sessions: string, users: string): string => `  secretKey: process.env.SECRET_KEY,
  allowedHosts: (process.env.ALLOWED_HOSTS ?? "localhost").split(","), // forms of other hosts are refused
  sessions: ${sessions},
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(${users}) }, // Django's name, stored in sessions
  passwordValidators: [userAttributeSimilarity(), minimumLength(), notEntirelyNumeric()]`

const redis = "redisSessions({ url: process.env.REDIS_URL, userSessions: true })"

/** The module of a server that loads it once. */
const serverAuth = (sessions: SessionPlace): string => `${imports(sessions)}
// userSessions: users see where they are logged in, and end these sessions
export const pg = postgres({ url: process.env.DATABASE_URL, userSessions: true })

export const auth = createAuth({
${options(sessions === "redis" ? redis : "pg.sessions", "pg.users")}
})
`

/** Next.js loads the module several times, and `next build` must neither need settings nor open a connection. */
const nextAuth = (sessions: SessionPlace): string => `${imports(sessions)}
const makeAuth = () => {
  // userSessions: users see where they are logged in, and end these sessions
  const pg = postgres({ url: process.env.DATABASE_URL, userSessions: true })
  return createAuth({
${options(sessions === "redis" ? redis : "pg.sessions", "pg.users").replace(/^/gm, "  ")}
  })
}

declare global {
  var latchkeyAuth: ReturnType<typeof makeAuth> | undefined
}

/** Called when a request arrives, so that \`next build\` needs no database. One pool for the process. */
export const auth = () => (globalThis.latchkeyAuth ??= makeAuth())
`

const nextRoute = `import { consoleMail, mailQueue } from "latchkey"
import { nextAccounts } from "latchkey/next/accounts"
import { auth } from "../../../lib/auth"

/** Prints mails. In production: mailQueue(smtpMail({ … })) of "latchkey/smtp". */
const mail = mailQueue(consoleMail())

/** Login, logout, sign-up and the other account pages, below /accounts. */
export const { GET, POST } = nextAccounts(auth, { mail, signUp: true })
`

const koaServer = `import Koa from "koa"
import { consoleMail, mailQueue } from "latchkey"
import { koaAuth } from "latchkey/koa"
import { koaAccounts } from "latchkey/koa/accounts"
import { auth } from "./auth.ts"

const port = Number(process.env.PORT ?? 3000)
const mail = mailQueue(consoleMail()) // prints mails; in production mailQueue(smtpMail({ … })) of "latchkey/smtp"

new Koa()
  .use(koaAccounts(auth, { mail, signUp: true })) // login, logout, sign-up and others, below /accounts
  .use(koaAuth(auth))
  .use(async (ctx) => {
    const user = await ctx.auth.requireUser() // anonymous visitors get the login page
    ctx.body = \`Hello \${user.username}.\`
  })
  .listen(port, () => console.log(\`listening on http://localhost:\${port}\`))
`

const expressServer = `import express from "express"
import { consoleMail, type FieldsOf, mailQueue, type UserOf } from "latchkey"
import { authErrors, connectAuth, type WithAuth } from "latchkey/node"
import { connectAccounts } from "latchkey/node/accounts"
import { auth } from "./auth.ts"

declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {} // the type of req.auth
  }
}

const port = Number(process.env.PORT ?? 3000)
const mail = mailQueue(consoleMail()) // prints mails; in production mailQueue(smtpMail({ … })) of "latchkey/smtp"

const app = express()
app.use(connectAccounts(auth, { mail, signUp: true })) // login, logout, sign-up and others, below /accounts
app.use(connectAuth(auth))
app.get("/", async (req, res) => {
  const user = await req.auth.requireUser() // anonymous visitors get the login page
  res.type("text").send(\`Hello \${user.username}.\`)
})
app.use(authErrors) // last: an outage gets a 503, a refused request a 403
app.listen(port, () => console.log(\`listening on http://localhost:\${port}\`))
`

/** A file to write: its path, relative to the application, and its text. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

/** @param source the folder of the source below the application: `""` or `"src/"` */
export const filesOf = (framework: Framework, sessions: SessionPlace, source: string): ReadonlyArray<NewFile> => {
  switch (framework) {
    case "next":
      return [
        { path: `${source}lib/auth.ts`, text: nextAuth(sessions) },
        { path: `${source}app/accounts/[...path]/route.ts`, text: nextRoute }
      ]
    case "koa":
      return [
        { path: "auth.ts", text: serverAuth(sessions) },
        { path: "server.ts", text: koaServer }
      ]
    case "express":
      return [
        { path: "auth.ts", text: serverAuth(sessions) },
        { path: "server.ts", text: expressServer }
      ]
    default:
      return framework satisfies never
  }
}

/** What to add to a server that exists, by place. Each line is a statement, except those of `types`. */
export interface ServerLines {
  readonly imports: ReadonlyArray<string>
  /** Declares the type of `req.auth`. */
  readonly types: ReadonlyArray<string>
  /** After the body parser, before the application's own pages. */
  readonly middleware: ReadonlyArray<string>
  /** After the application's own pages. */
  readonly last: ReadonlyArray<string>
}

/** @param auth the specifier of `auth.ts`. @param isTypeScript whether the server is TypeScript */
export const serverLines = (framework: Exclude<Framework, "next">, auth: string, isTypeScript: boolean): ServerLines =>
  framework === "koa"
    ? {
        imports: [
          'import { consoleMail, mailQueue } from "latchkey"',
          'import { koaAuth } from "latchkey/koa"',
          'import { koaAccounts } from "latchkey/koa/accounts"',
          `import { auth } from "${auth}"`
        ],
        types: [],
        middleware: [
          "app.use(koaAccounts(auth, { mail: mailQueue(consoleMail()), signUp: true })) // consoleMail prints mails",
          "app.use(koaAuth(auth)) // ctx.auth"
        ],
        last: []
      }
    : {
        imports: [
          `import { consoleMail, ${isTypeScript ? "type FieldsOf, mailQueue, type UserOf" : "mailQueue"} } from "latchkey"`,
          `import { authErrors, connectAuth${isTypeScript ? ", type WithAuth" : ""} } from "latchkey/node"`,
          'import { connectAccounts } from "latchkey/node/accounts"',
          `import { auth } from "${auth}"`
        ],
        types: isTypeScript
          ? [
              "declare global {",
              "  namespace Express {",
              "    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {} // the type of req.auth",
              "  }",
              "}"
            ]
          : [],
        middleware: [
          "app.use(connectAccounts(auth, { mail: mailQueue(consoleMail()), signUp: true })) // consoleMail prints mails",
          "app.use(connectAuth(auth)) // req.auth"
        ],
        last: ["app.use(authErrors) // last: an outage gets a 503, a refused request a 403"]
      }

/** The same for a person who adds them. */
export const serverText = ({ imports, last, middleware, types }: ServerLines): string =>
  [
    ...imports,
    ...(types.length === 0 ? [] : ["", ...types]),
    "",
    "// after the body parser, before your own pages:",
    ...middleware,
    ...(last.length === 0 ? [] : ["", "// after your own pages:", ...last])
  ].join("\n")

/** The packages that the files import. */
export const packagesOf = (framework: Framework, sessions: SessionPlace): ReadonlyArray<string> => [
  "latchkey",
  "postgres",
  ...(sessions === "redis" ? ["redis"] : []),
  ...(framework === "next" ? ["next", "react", "react-dom"] : [framework])
]
