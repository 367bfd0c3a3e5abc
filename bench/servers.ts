/** The servers that are compared: how each is started, and where its pages are. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { djangoCommand } from "../test/rig/django.ts"
import { type Server, startServer } from "./load.ts"
import { secretKey } from "./store.ts"

interface Kind {
  readonly command: (databaseUrl: string) => Readonly<Parameters<typeof startServer>>
  /** Comes before the path of a page. */
  readonly prefix: string
  /** Whether a login is a POST of JSON, where the others take a GET. */
  readonly postsLogins?: true | undefined
  /** A folder that must exist, and the command that makes it. */
  readonly needs: readonly [folder: string, command: string] | undefined
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const script = (
  path: string,
  needs: Kind["needs"] = undefined,
  prefix = "",
  more: Readonly<Record<string, string>> = {}
): Kind => ({
  command: (DATABASE_URL) => [
    [process.execPath, here(path)],
    { DATABASE_URL, SECRET_KEY: secretKey, NODE_ENV: "production", BETTER_AUTH_TELEMETRY: "0", ...more }
  ],
  needs,
  prefix
})

const own = (name: string) => script(`servers/${name}.ts`)
const peer = (name: string) =>
  script(`peers/speed/${name}.ts`, [here("peers/node_modules"), "npm ci --prefix bench/peers"])
const next = (side: string) =>
  script("next/start.ts", [here("next/node_modules"), "npm ci --prefix bench/next"], `/${side}`)

const kinds: Readonly<Record<string, Kind>> = {
  "bare-node": own("bare-node"),
  "bare-koa": own("bare-koa"),
  "bare-express": own("bare-express"),
  "bare-fastify": own("bare-fastify"),
  "bare-hono": peer("bare-hono"),
  "bare-next": next("bare"),
  "latchkey-node": own("latchkey-node"),
  "latchkey-node-user-sessions": script("servers/latchkey-node.ts", undefined, "", { USER_SESSIONS: "1" }),
  "latchkey-koa": own("latchkey-koa"),
  "latchkey-express": own("latchkey-express"),
  "latchkey-fastify": own("latchkey-fastify"),
  "latchkey-hono": peer("latchkey-hono"),
  "latchkey-next": next("latchkey"),
  "express-session": peer("express-session"),
  "fastify-session": peer("fastify-session"),
  "better-auth": peer("better-auth"),
  "iron-session": peer("iron-session"),
  django: {
    command: (databaseUrl) => djangoCommand({ databaseUrl, secretKey }),
    needs: undefined,
    postsLogins: true,
    prefix: ""
  }
}

export interface RunningServer extends Server, Pick<Kind, "postsLogins" | "prefix"> {}

/** @returns the server, or what is missing for it */
export const startKind = async (name: string, databaseUrl: string): Promise<RunningServer | string> => {
  const kind = kinds[name]
  if (kind === undefined) throw new Error(`there is no server ${name}: bench/servers.ts lists them`)
  if (kind.needs !== undefined && !existsSync(kind.needs[0])) return `run ${kind.needs[1]}`
  return { ...(await startServer(...kind.command(databaseUrl))), prefix: kind.prefix, postsLogins: kind.postsLogins }
}
