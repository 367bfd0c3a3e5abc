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

/** The `auth` of the README's first block, which its other blocks use. */
const readmeAuth = `import { auth } from "./readme-md-use-it-1.ts"`

/** The `auth` of the pages about frameworks. */
const auth = `import { auth } from "../../docs/apps/auth.ts"`

const settings = `import { type AnyFields, type AuthOptions, createAuth } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
declare const settings: AuthOptions<DjangoUser, AnyFields>`

const next: Application = {
  preludes: [{}, {}, {}, {}, {}, {}],
  packages: `
declare module "next/navigation" {
  export function redirect(url: string, type?: "replace" | "push"): never
}
declare module "react/jsx-runtime" {
  interface ReactElement {
    readonly type: unknown
    readonly props: unknown
    readonly key: string | null
  }
  type ReactNode = ReactElement | string | number | bigint | Iterable<ReactNode> | boolean | null | undefined
  export namespace JSX {
    interface Element extends ReactElement {}
    interface ElementChildrenAttribute {
      children: unknown
    }
    interface IntrinsicElements {
      p: { readonly children?: ReactNode }
    }
  }
}`,
  compilerOptions: {
    lib: ["DOM", "DOM.Iterable", "ES2024"],
    module: "ESNext",
    moduleResolution: "Bundler",
    // As in create-next-app.
    paths: { "@/lib/auth": ["./readme-md-next-js-1.ts"] },
    jsx: "react-jsx"
  }
}

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

const svelteKit = `
declare module "@sveltejs/kit/hooks" {
  interface RequestEvent {
    readonly request: Request
    locals: { auth?: object }
  }
  export type Handle = (input: {
    event: RequestEvent
    resolve: (event: RequestEvent) => Response | Promise<Response>
  }) => Response | Promise<Response>
}`

const reactRouter = `
declare module "react-router" {
  interface RouterContext<T> {
    readonly defaultValue?: T
  }
  export function createContext<T>(): RouterContext<T>
  export type MiddlewareFunction<Result> = (
    args: { readonly request: Request; readonly context: { set<T>(context: RouterContext<T>, value: T): void } },
    next: () => Promise<Result>
  ) => Promise<Result | undefined>
}`

const astro = `
declare module "astro" {
  export interface APIContext {
    readonly request: Request
    locals: { auth?: object }
  }
  export type MiddlewareNext = () => Promise<Response>
  export type MiddlewareHandler = (context: APIContext, next: MiddlewareNext) => Promise<Response>
}`

/**
 * Keyed by page and heading. Each place is compiled as an application of its own, so its framework declarations affect
 * no other.
 */
export const applications: Readonly<Record<string, Application>> = {
  "README.md: Use it": {
    preludes: [
      {},
      {
        before: `import { nodeAuth } from "latchkey/node"
${readmeAuth}
nodeAuth(auth, async (_req, res, { requirePermission, requireUser, requireUserWhere }) => {`,
        after: "})"
      },
      {
        before: `import { nodeAuth } from "latchkey/node"
${readmeAuth}
nodeAuth(auth, async (_req, res, { loginRequired }) => {`,
        after: "})"
      }
    ]
  },
  "README.md: In production": { preludes: [{ before: settings }] },
  "README.md: Next.js": next,
  "README.md: Koa": {
    // The declarations that the body parser adds to Koa's types.
    preludes: [{ before: `${readmeAuth}\ndeclare module "koa" {\n  interface Request {\n    body?: unknown\n  }\n}` }],
    packages: `
declare module "@koa/bodyparser" {
  export function bodyParser(): import("koa").Middleware
}
declare module "@koa/router" {
  import type { Middleware } from "koa"
  export default class Router<State, Context> {
    get(path: string, handler: Middleware<State, Context>): this
    post(path: string, handler: Middleware<State, Context>): this
    routes(): Middleware
  }
}`
  },
  "README.md: Hono": { preludes: [{ before: readmeAuth }] },
  "README.md: Request in, Response out: React Router, SvelteKit, Astro, Bun, Deno": {
    preludes: [{ before: fetch(readmeAuth) }, { before: readmeAuth }, { before: readmeAuth }, { before: readmeAuth }],
    packages: reactRouter + svelteKit + astro
  },
  "README.md: Effect": { preludes: [{ before: readmeAuth }] },
  "README.md: Express": {
    preludes: [
      { before: `import express from "express"\n${readmeAuth}\nconst app = express()` },
      { before: `import express from "express"\nconst app = express()` }
    ]
  },
  "README.md: WebSockets": {
    preludes: [
      {
        before: `import { createServer, type IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
${readmeAuth}
declare const sockets: {
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, done: (ws: { send(text: string): void }) => void): void
}
const server = createServer()`
      }
    ]
  },
  "README.md: Fastify": {
    preludes: [{ before: `import Fastify from "fastify"\n${readmeAuth}\nconst app = Fastify()` }]
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
  "docs/fetch.md: React Router": {
    preludes: [{ before: auth }],
    packages: reactRouter
  },
  "docs/fetch.md: SvelteKit": { preludes: [{ before: auth }], packages: svelteKit },
  "docs/fetch.md: Astro": { preludes: [{ before: auth }], packages: astro },
  "docs/fetch.md: One route": { preludes: [{ before: fetch(auth) }] },
  "docs/passwords.md: Hashers": {
    preludes: [
      {
        before: `import { pbkdf2Sha256 } from "latchkey"
import { argon2 } from "latchkey/argon2"
import { bcryptSha256 } from "latchkey/bcrypt"
${settings}`
      },
      {
        before: `import { Busy, type RequestHead } from "latchkey"
${settings}
declare const addressFrom: (head: RequestHead) => string
declare const hasTooManyFailures: (address: string | undefined, username: string | undefined) => Promise<boolean>`
      }
    ]
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
