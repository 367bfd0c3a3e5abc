/** The code around the fragments in an application: what the pages assume, and what the fragments leave out. */

export interface Prelude {
  /** Whole lines of code before the block. */
  readonly before?: string
  /** Whole lines of code after the block. */
  readonly after?: string
}

export interface Application {
  /** One entry for each fragment of the place, in order. A fragment that needs no other code has none. */
  readonly preludes: ReadonlyArray<Prelude>
  /** Declarations of packages that are not installed here. */
  readonly packages?: string
  /** Further compiler options that applications of this kind use. */
  readonly compilerOptions?: Readonly<Record<string, unknown>>
}

/** The `auth` of the pages about frameworks. */
const auth = `import { auth } from "../../docs/apps/auth.ts"`

const settings = `import { type AnyFields, type AuthOptions, createAuth } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
declare const settings: AuthOptions<DjangoUser, AnyFields>`

/** Code inside a handler of Node's server. @param context what the handler takes of its third argument */
const inHandler = (context: string): Prelude => ({
  before: `import { nodeAuth } from "latchkey/node"\n${auth}\nnodeAuth(auth, async (_req, res, ${context}) => {`,
  after: "})"
})

/** The same, with what a form has sent. */
const withPassword = (context: string): Prelude => {
  const { after, before } = inHandler(context)
  return { before: `declare const username: string, password: string\n${before}`, ...(after && { after }) }
}

const nodeHandler = `import { type NodeHandler, nodeAuth } from "latchkey/node"
import type { FieldsOf, UserOf } from "latchkey"
${auth}
declare const handler: NodeHandler<UserOf<typeof auth>, FieldsOf<typeof auth>>`

const fetch = (auth: string): string => `${auth}
declare const Bun: {
  serve(options: {
    readonly routes: Readonly<Record<string, Response | ((req: Request, server: object) => Response | Promise<Response>)>>
  }): unknown
}
declare const Deno: {
  serve(handler: (request: Request, info: { readonly completed: Promise<void> }) => Response | Promise<Response>): unknown
}`

/** What docs/apps/express.ts declares about requests. */
const express = `import type { FieldsOf, UserOf } from "latchkey"
import type { WithAuth } from "latchkey/node"
${auth}
declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {}
  }
}`

/** The Express application that calls a recipe. */
const recipe = (name: string, file: string): Prelude => ({
  before: `import express from "express"
import type { WithAuth } from "latchkey/node"
import { ${name} } from "../../docs/recipes/${file}.ts"
import type { auth } from "../../docs/recipes/auth.ts"
import type { FieldsOf, UserOf } from "latchkey"
declare global {
  namespace Express {
    interface Request extends WithAuth<UserOf<typeof auth>, FieldsOf<typeof auth>> {}
  }
}
const app = express()`
})

const accountOptions = `import type { NextAccountsOptions } from "latchkey/next/account-actions"
${auth}
declare const accountOptions: NextAccountsOptions`

const react = `declare module "react" {
  export interface ReactElement { readonly type: unknown; readonly props: unknown; readonly key: string | null }
  export type ReactNode = ReactElement | string | null | undefined
}
declare module "react/jsx-runtime" {
  export namespace JSX {
    type Element = import("react").ReactElement
    interface IntrinsicElements {
      readonly h1: { readonly children?: unknown }
      readonly main: { readonly children?: unknown }
    }
    type ElementType = keyof IntrinsicElements | ((props: never) => Element)
  }
  export const jsx: unknown
}
declare module "@/app/login/actions" {
  export const logIn: import("latchkey/next/account-actions").AccountAction
}
declare module "@/app/me/actions" {
  export const logOut: import("latchkey/next/account-actions").AccountAction
  export const endSession: import("latchkey/next/account-actions").AccountAction
}
declare module "@/app/accounts/reset/[uid]/set-password/actions" {
  export const setPassword: import("latchkey/next/account-actions").AccountAction
}`

/**
 * Keyed by page and heading. Each place is compiled as an application of its own, so its framework declarations affect
 * no other.
 */
export const applications: Readonly<Record<string, Application>> = {
  "README.md: latchkey": {
    preludes: [{ before: `import express from "express"\n${express}\nconst app = express()` }]
  },
  "README.md: Use it": { preludes: [{}, {}] },
  "README.md: Account pages": {
    preludes: [
      {
        before: `import express from "express"
import { mailQueue } from "latchkey"
import { connectAccounts } from "latchkey/node/accounts"
import { smtpMail } from "latchkey/smtp"
${auth}
const app = express()`
      }
    ]
  },
  "README.md: Pages for users": { preludes: [inHandler("{ requirePermission, requireUser }")] },
  "docs/device-bound-sessions.md: Next.js": { preludes: [{ before: "" }], compilerOptions: { lib: ["DOM", "ES2024"] } },
  "README.md: Next.js": {
    preludes: [{ before: `import { withAuth } from "latchkey/next"\n${auth}` }],
    compilerOptions: { lib: ["DOM", "ES2024"] }
  },
  "README.md: Koa": {
    preludes: [
      {
        before: `import Koa from "koa"
import { koaAuth } from "latchkey/koa"
${auth}
const app = new Koa()
declare const router: {
  get(path: string, handler: (ctx: Parameters<ReturnType<typeof koaAuth<UserOf<typeof auth>, FieldsOf<typeof auth>>>>[0]) => Promise<void>): void
}
import type { FieldsOf, UserOf } from "latchkey"`
      }
    ]
  },
  "README.md: Express": {
    preludes: [
      {
        before: `import express from "express"
import { authErrors, connectAuth } from "latchkey/node"
${express}
const app = express()`
      }
    ]
  },
  "README.md: Hono": {
    preludes: [{ before: `import { Hono } from "hono"\nimport { honoAuth } from "latchkey/hono"\n${auth}` }]
  },
  "README.md: Testing": {
    preludes: [
      {
        before: `import { testSite } from "latchkey/testing"
declare const makeApp: (auth: ReturnType<typeof testSite>["auth"]) => (request: Request) => Promise<Response>`
      }
    ],
    compilerOptions: { lib: ["DOM", "ES2024"] }
  },
  "docs/accounts.md: Texts and languages": {
    preludes: [{ before: `import { connectAccounts } from "latchkey/node/accounts"\n${auth}` }]
  },
  "docs/accounts.md: Look": {
    preludes: [
      {
        before: `import { escapeHtml } from "latchkey"\nimport { connectAccounts } from "latchkey/node/accounts"\n${auth}`
      }
    ]
  },
  "docs/accounts.md: Mail": {
    preludes: [
      { before: 'declare const server: import("node:http").Server' },
      {
        before: `declare const mail: import("latchkey").MailQueue\ndeclare const link: string
declare const user: { readonly id: number; readonly email: string }`
      },
      {}
    ]
  },
  "docs/accounts.md: Forms of your own on Next.js": {
    preludes: Array.from({ length: 6 }, () => ({ before: accountOptions })),
    packages: react,
    compilerOptions: { jsx: "react-jsx", lib: ["DOM", "ES2024"] }
  },
  "docs/csrf.md: Forms": { preludes: [{ before: "declare const getCsrfToken: () => Promise<string>" }] },
  "docs/csrf.md: Scripts": {
    preludes: [{ before: "declare const token: string" }, {}],
    compilerOptions: { lib: ["DOM", "ES2024"] }
  },
  "docs/csrf.md: Without tokens": { preludes: [{ before: settings }] },
  "docs/csrf.md: Clients that are not browsers": { preludes: [{ before: nodeHandler }] },
  "docs/guards.md: Guards": {
    preludes: [inHandler("{ requirePermission, requireRecentLogin, requireUser, requireUserWhere }")]
  },
  "docs/throttling.md: PostgreSQL": {
    preludes: [{ before: `${settings}\nimport { postgres, postgresThrottle } from "latchkey/postgres"` }]
  },
  "docs/throttling.md: A store of your own": {
    preludes: [
      {
        before: `import type { ThrottleStore } from "latchkey/memory"
import { throttlePromises } from "latchkey/testing"
declare const myThrottle: (url: string) => ThrottleStore
declare const url: string, nowhere: string
declare const test: (title: string, run: () => Promise<void>) => void`
      }
    ]
  },
  "docs/device-bound-sessions.md: Device-bound sessions": { preludes: [{ before: settings }] },
  "docs/lifetimes.md: Lifetimes of sessions": { preludes: [{ before: settings }] },
  "docs/lifetimes.md: Remember me": {
    preludes: [withPassword("{ authenticate, login }"), { before: settings }]
  },
  "docs/re-authentication.md: Re-authentication": {
    preludes: [
      { before: `import { nodeAuth } from "latchkey/node"\n${settings}` },
      withPassword("{ reauthenticate, redirectToNext }")
    ]
  },
  "docs/re-authentication.md: Other proofs": {
    preludes: [
      {
        before: `import { passwordProof } from "latchkey"
${settings}
declare const isCodeOf: (id: number, code: string) => Promise<boolean>`
      }
    ]
  },
  "docs/guards.md: Your own answer": { preludes: [inHandler("{ loginRequired }")] },
  "docs/guards.md: A whole part of the site": { preludes: [{ before: nodeHandler }] },
  "docs/sessions.md: In frames of other sites": { preludes: [{ before: settings }] },
  "docs/sessions.md: What a session holds": {
    preludes: [inHandler("{ session }"), { before: settings }]
  },
  "docs/production.md: Failures": {
    preludes: [
      {
        before: `import express from "express"
import { CsrfFailed, Forbidden, StoreUnavailable } from "latchkey"
import { connectAuth } from "latchkey/node"
${auth}
const app = express()`
      }
    ]
  },
  "docs/production.md: Shutdown": {
    preludes: [
      {
        before: `import type { Server } from "node:http"
import { postgres } from "latchkey/postgres"
declare const server: Server
const pg = postgres({ url: "" })`
      }
    ]
  },
  "docs/production.md: In production": {
    preludes: [
      {
        before: `import { commonPassword, forwardedFor, minimumLength } from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"
import { postgres, postgresThrottle } from "latchkey/postgres"
${settings}
const pg = postgres({ url: "" })`
      }
    ]
  },
  "docs/next.md: Route handlers": {
    preludes: [
      {
        before: `declare const username: string, password: string
declare const fetch: (url: string, init?: object) => Promise<{ json(): Promise<{ token: string }> }>`
      }
    ]
  },
  "docs/express.md: Stricter options for a part of the site": {
    preludes: [
      {
        before: `import express from "express"\nimport { connectAuth } from "latchkey/node"\n${auth}\nconst app = express()`
      }
    ]
  },
  "docs/express.md: A request log that names the user": {
    preludes: [{ before: `import express from "express"\n${express}\nconst app = express()` }]
  },
  "docs/fetch.md: One route": { preludes: [{ before: fetch(auth) }] },
  "docs/recipes.md: Recipes": { preludes: [recipe("signOutEverywhere", "sign-out-everywhere")] },
  "docs/recipes.md: Sign-up with your own form": { preludes: [recipe("signUp", "sign-up")] },
  "docs/telemetry.md: Telemetry": { preludes: [{ before: settings }] },
  "docs/passwords.md: Hashers": {
    preludes: [
      {
        before: `import { pbkdf2Sha256 } from "latchkey"
import { argon2 } from "latchkey/argon2"
import { bcryptSha256 } from "latchkey/bcrypt"
${settings}`
      },
      {
        before: `import { Busy, forwardedFor } from "latchkey"
${settings}
declare const hasTooManyFailures: (address: string | undefined, username: string | undefined) => Promise<boolean>`
      }
    ]
  },
  "docs/throttling.md: Mails and new accounts": {
    preludes: [
      {
        before: `import { withAuth } from "latchkey/fetch"
${auth}
declare const sendLater: (users: ReadonlyArray<object>) => void`
      }
    ]
  },
  "docs/passwords.md: How old hashes are replaced": {
    preludes: [{ before: `import { pbkdf2Sha256, scrypt } from "latchkey"\n${settings}` }]
  },
  "docs/passwords.md: Which passwords are refused": {
    preludes: [
      {
        before: `import { commonPassword, minimumLength, notEntirelyNumeric, userAttributeSimilarity } from "latchkey"
import { commonPasswords } from "latchkey/common-passwords"
${settings}
declare const user: DjangoUser`
      }
    ]
  },
  "docs/passwords.md: The list of common passwords": {
    preludes: [
      {
        before: `import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { commonPassword } from "latchkey"`
      }
    ]
  },
  "docs/your-own-backend.md: What users may do": {
    preludes: [
      {
        before: `import { modelBackend, permissionBackend } from "latchkey"
import { postgres } from "latchkey/postgres"
${settings}
const pg = postgres({ url: "" })
const name = "django.contrib.auth.backends.ModelBackend"
declare class Post {
  readonly authorId: number
}
declare const post: Post
declare const hasPerm: (permission: string, object?: unknown) => Promise<boolean>`
      }
    ]
  },
  "docs/your-own-backend.md: When a proxy logs users in": {
    preludes: [
      {
        before: `import { remoteUserBackend } from "latchkey"
import { postgres } from "latchkey/postgres"
${settings}
const pg = postgres({ url: "" })`
      }
    ]
  }
}
