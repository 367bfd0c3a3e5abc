/** The servers that are compared: how each is started, and where its pages are. */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { djangoCommand } from "../test/rig/django.ts"
import type { Cores } from "./cores.ts"
import { djangoLibrary, djangoVersionIn } from "./django/library.ts"
import { type Server, startServer } from "./load.ts"
import { type SetupKind, setups } from "./setups.ts"
import { secretKey } from "./store.ts"

/** How a server that others do not resemble answers a page. */
interface Page {
  readonly path: string
  /** The body of a POST of JSON. */
  readonly body?: string
  /** What it answers, if that is not what the others answer. */
  readonly answer?: RegExp
}

interface Kind {
  readonly command: (
    databaseUrl: string,
    nodeOptions: ReadonlyArray<string>
  ) => Readonly<Parameters<typeof startServer>>
  /** Comes before the path of a page. */
  readonly prefix: string
  /** Pages under another path or method than in the other servers. */
  readonly pages?: Readonly<Record<string, Page>> | undefined
  /** Whether a login is a POST of JSON, where the others take a GET. */
  readonly postsLogins?: true | undefined
  /** A folder that must exist, and the command that makes it. */
  readonly needs: readonly [folder: string, command: string] | undefined
  /** What it is made of, with versions. */
  readonly versions: Readonly<Record<string, string>>
  /** What is started before it, beside PostgreSQL. */
  readonly setup?: SetupKind
}

/**
 * Options with which Node collects garbage rarely, the same for each server. If a full collection falls into the first
 * seconds of a process, `process.nextTick` of Node 24 takes up to 1 µs longer from then on, and each request calls it
 * about seven times: V8 has forgotten the shape of its objects. Whether this happens depends on chance, with sessions or
 * without. Without these options, one program was up to a third slower than the same one with an import more.
 */
export const rareCollections = ["--initial-heap-size=1024", "--min-semi-space-size=64", "--max-semi-space-size=64"]

/**
 * So many requests a server of a page answers before it is measured, unless it is too slow. V8 compiles what runs often:
 * after 20,000 requests a session write took two thirds of the time that it took after 5,000, and after 50,000 half.
 */
export const warmUpRequests = 50_000

/** Iterations of Django 5.2, and latchkey's own default. */
export const realIterations = 1_000_000

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const pinned = (folder: string): Readonly<Record<string, string>> => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(here(`${folder}/package.json`), "utf8"))
  return { ...devDependencies, ...dependencies }
}
const versions = { root: pinned(".."), peers: pinned("peers"), next: pinned("next") }
const versionsOf = (from: keyof typeof versions, packages: ReadonlyArray<string>) =>
  Object.fromEntries(packages.map((name) => [name, versions[from][name] ?? "unknown"]))

type Environment = Readonly<Record<string, string>>

const script = (path: string, more: Partial<Omit<Kind, "command">> & { readonly env?: Environment } = {}): Kind => ({
  needs: undefined,
  prefix: "",
  versions: {},
  ...more,
  command: (DATABASE_URL, nodeOptions) => [
    [process.execPath, ...nodeOptions, here(path)],
    { DATABASE_URL, SECRET_KEY: secretKey, NODE_ENV: "production", BETTER_AUTH_TELEMETRY: "0", ...more.env }
  ]
})

const own = (name: string, packages: ReadonlyArray<string> = [], env: Environment = {}) =>
  script(`servers/${name}.ts`, { env, versions: versionsOf("root", packages) })
/** One middleware, or hook, that does nothing. */
const emptyMiddleware = { EMPTY_MIDDLEWARE: "1" }
const node = (env: Environment) => script("servers/latchkey-node.ts", { env })
const peer = (name: string, packages: ReadonlyArray<string>, env: Environment = {}) =>
  script(`peers/speed/${name}.ts`, {
    env,
    needs: [here("peers/node_modules"), "npm ci --prefix bench/peers"],
    versions: versionsOf("peers", packages)
  })
const next = (side: string) =>
  script("next/start.ts", {
    needs: [here("next/node_modules"), "npm ci --prefix bench/next"],
    prefix: `/${side}`,
    versions: versionsOf("next", ["next"])
  })

const kinds: Readonly<Record<string, Kind>> = {
  "bare-node": own("bare-node"),
  "bare-node-without-sessions": script("servers/bare-node.ts", { pages: { "/me": { path: "/user" } } }),
  "bare-koa": own("bare-koa", ["koa"]),
  "bare-express": own("bare-express", ["express"]),
  "bare-fastify": own("bare-fastify", ["fastify"]),
  "bare-hono": peer("bare-hono", ["hono", "@hono/node-server"]),
  "bare-koa-with-middleware": own("bare-koa", ["koa"], emptyMiddleware),
  "bare-express-with-middleware": own("bare-express", ["express"], emptyMiddleware),
  "bare-fastify-with-middleware": own("bare-fastify", ["fastify"], emptyMiddleware),
  "bare-hono-with-middleware": peer("bare-hono", ["hono", "@hono/node-server"], emptyMiddleware),
  "bare-next": next("bare"),
  "latchkey-node": own("latchkey-node"),
  "latchkey-node-user-sessions": node({ USER_SESSIONS: "1" }),
  "latchkey-node-signed-cookies": node({ SIGNED_COOKIES: "1" }),
  "latchkey-node-real-hashes": node({ ITERATIONS: String(realIterations) }),
  "latchkey-pgbouncer": script("servers/latchkey-node.ts", { setup: setups.pgbouncer }),
  "bare-pgbouncer": script("servers/bare-node.ts", { setup: setups.pgbouncer }),
  "latchkey-partitions": script("servers/latchkey-node.ts", { setup: setups.partitions }),
  "latchkey-redis": script("servers/latchkey-redis.ts", { setup: setups.redis }),
  "latchkey-redis-cluster": script("servers/latchkey-redis.ts", { setup: setups.redisCluster }),
  "latchkey-koa": own("latchkey-koa", ["koa"]),
  "latchkey-express": own("latchkey-express", ["express"]),
  "latchkey-fastify": own("latchkey-fastify", ["fastify"]),
  "latchkey-hono": peer("latchkey-hono", ["hono", "@hono/node-server"]),
  "latchkey-next": next("latchkey"),
  "express-session": peer("express-session", ["express", "express-session", "passport", "connect-pg-simple", "pg"]),
  "fastify-session": peer("fastify-session", ["fastify", "@fastify/session", "connect-pg-simple", "pg"]),
  "better-auth": peer("better-auth", ["better-auth", "pg"]),
  "better-auth-roles": peer("better-auth", ["better-auth", "pg"], { ROLES: "1" }),
  "iron-session": peer("iron-session", ["iron-session", "pg"]),
  django: {
    command: (databaseUrl) => djangoCommand({ databaseUrl, secretKey, library: djangoLibrary }),
    needs: undefined,
    pages: {
      "/may": { path: "/perms?perm=auth.view_user" },
      "/logout": { path: "/logout", body: "{}", answer: /null/ }
    },
    postsLogins: true,
    prefix: "",
    versions: { Django: djangoVersionIn(djangoLibrary) ?? "unknown" }
  }
}

export interface RunningServer extends Server, Pick<Kind, "postsLogins" | "prefix"> {
  /** Where it has a page. */
  readonly pageAt: (path: string) => Page
  /** CPU time, in microseconds so far, of what was started for it beside PostgreSQL. */
  readonly besides: () => number
  /** Also stops what was started for it. */
  readonly stop: () => Promise<void>
}

const kindOf = (name: string): Kind => {
  const kind = kinds[name]
  if (kind === undefined) throw new Error(`there is no server ${name}: bench/servers.ts lists them`)
  return kind
}

/** Names and versions of what a server is made of. */
export const partsOf = (name: string): Readonly<Record<string, string>> => {
  const { setup, versions } = kindOf(name)
  return { ...versions, ...setup?.version() }
}

/**
 * @param how the cores on which it runs, and options of Node
 * @returns the server, or what is missing for it
 */
export const startKind = async (
  name: string,
  databaseUrl: string,
  { nodeOptions = [], on }: { readonly on?: Cores; readonly nodeOptions?: ReadonlyArray<string> } = {}
): Promise<RunningServer | string> => {
  const kind = kindOf(name)
  if (kind.needs !== undefined && !existsSync(kind.needs[0])) return `run ${kind.needs[1]}`
  const setup = await kind.setup?.start(databaseUrl)
  const [command, env, cwd] = kind.command(setup?.databaseUrl ?? databaseUrl, nodeOptions)
  const pageAt = (path: string): Page => kind.pages?.[path] ?? { path: `${kind.prefix}${path}` }
  try {
    const server = await startServer(command, { ...env, ...setup?.env }, cwd, on)
    const stop = async () => {
      server.stop()
      await setup?.stop()
    }
    const { postsLogins, prefix } = kind
    return { ...server, prefix, postsLogins, pageAt, besides: () => setup?.cpu() ?? 0, stop }
  } catch (error) {
    await setup?.stop()
    throw error
  }
}
