/** The code around the README's blocks in an application: what the text assumes, and what the blocks leave out. */

export interface Prelude {
  /** Whole lines of code before the block. */
  readonly before?: string
  /** Whole lines of code after the block. */
  readonly after?: string
}

export interface Application {
  /** One entry for each block under the heading, in order. A block that needs no other code has none. */
  readonly preludes: ReadonlyArray<Prelude>
  /** Declarations of packages that are not installed here. */
  readonly packages?: string
  /** Further compiler options that applications of this kind use. */
  readonly compilerOptions?: Readonly<Record<string, unknown>>
}

/** The `auth` of the first block, which all other blocks use. */
const auth = `import { auth } from "./use-it-1.ts"`

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
    paths: { "@/lib/auth": ["./next-js-1.ts"] },
    jsx: "react-jsx"
  }
}

const fetch = `${auth}
declare const Bun: {
  serve(options: {
    readonly routes: Readonly<Record<string, Response | ((req: Request, server: object) => Response | Promise<Response>)>>
  }): unknown
}
declare const Deno: {
  serve(handler: (request: Request, info: { readonly completed: Promise<void> }) => Response | Promise<Response>): unknown
}`

const frameworks = `
declare module "@sveltejs/kit/hooks" {
  interface RequestEvent {
    readonly request: Request
    locals: { auth?: object }
  }
  export type Handle = (input: {
    event: RequestEvent
    resolve: (event: RequestEvent) => Response | Promise<Response>
  }) => Response | Promise<Response>
}
declare module "react-router" {
  interface RouterContext<T> {
    readonly defaultValue?: T
  }
  export function createContext<T>(): RouterContext<T>
  export type MiddlewareFunction<Result> = (
    args: { readonly request: Request; readonly context: { set<T>(context: RouterContext<T>, value: T): void } },
    next: () => Promise<Result>
  ) => Promise<Result | undefined>
}
declare module "astro" {
  export interface APIContext {
    readonly request: Request
    locals: { auth?: object }
  }
  export type MiddlewareNext = () => Promise<Response>
  export type MiddlewareHandler = (context: APIContext, next: MiddlewareNext) => Promise<Response>
}`

/**
 * Keyed by heading. Each heading is compiled as an application of its own, so its framework declarations affect no
 * other.
 */
export const applications: Readonly<Record<string, Application>> = {
  "Use it": {
    preludes: [
      {},
      {
        before: `import { nodeAuth } from "latchkey/node"
${auth}
nodeAuth(auth, async (_req, res, { requirePermission, requireUser, requireUserWhere }) => {`,
        after: "})"
      },
      {
        before: `import { nodeAuth } from "latchkey/node"
${auth}
nodeAuth(auth, async (_req, res, { loginRequired }) => {`,
        after: "})"
      }
    ]
  },
  "In production": {
    preludes: [
      {
        before: `import { type AnyFields, type AuthOptions, createAuth } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
declare const settings: AuthOptions<DjangoUser, AnyFields>`
      }
    ]
  },
  "Next.js": next,
  Koa: {
    // The declarations that the body parser adds to Koa's types.
    preludes: [{ before: `${auth}\ndeclare module "koa" {\n  interface Request {\n    body?: unknown\n  }\n}` }],
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
  Hono: { preludes: [{ before: auth }] },
  "Request in, Response out: React Router, SvelteKit, Astro, Bun, Deno": {
    preludes: [{ before: fetch }, { before: auth }, { before: auth }, { before: auth }],
    packages: frameworks
  },
  Effect: { preludes: [{ before: auth }] },
  Express: {
    preludes: [
      { before: `import express from "express"\n${auth}\nconst app = express()` },
      { before: `import express from "express"\nconst app = express()` }
    ]
  },
  WebSockets: {
    preludes: [
      {
        before: `import { createServer, type IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
${auth}
declare const sockets: {
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, done: (ws: { send(text: string): void }) => void): void
}
const server = createServer()`
      }
    ]
  },
  Fastify: { preludes: [{ before: `import Fastify from "fastify"\n${auth}\nconst app = Fastify()` }] }
}
