/**
 * Auth.js 0.41 (`@auth/core`, which next-auth and @auth/express call), once with each of its session strategies, as its
 * documentation writes them. Its own pages log in and out; they take a form with its CSRF token.
 */
import { Auth, type AuthConfig, customFetch } from "@auth/core"
import Credentials from "@auth/core/providers/credentials"
import PostgresAdapter from "@auth/pg-adapter"
import type { Browser } from "../../src/testing/index.ts"
import { described, firstPasswords, isRight, type MakeSite, passwords, secret } from "./described.ts"

const common = {
  secret,
  trustHost: true,
  basePath: "/auth",
  logger: { error: () => {}, warn: () => {}, debug: () => {} }
}

/** Sends a form of Auth.js, with its CSRF token. */
const submit = async (browser: Browser, handler: Handler, path: string, fields: Record<string, string> = {}) => {
  const { csrfToken } = await (await browser.fetch(handler, "/auth/csrf")).json()
  return browser.fetch(handler, path, { form: { ...fields, csrfToken }, csrf: false })
}

type Handler = (request: Request) => Promise<Response>

/**
 * The laws read a failure from the status. Auth.js redirects to a page that names it: `Configuration` is every error of
 * the server, the others are refusals.
 */
const statusOfRedirect = (response: Response): Response => {
  const location = response.headers.get("location") ?? ""
  const error = URL.canParse(location) ? new URL(location).searchParams.get("error") : null
  if (error === null) return response
  return new Response(null, { status: error === "Configuration" ? 500 : 401, headers: response.headers })
}

const pagesOf = (handler: Handler) => ({
  visit: (browser: Browser) => browser.fetch(handler, "/auth/session"),
  logout: async (browser: Browser) => statusOfRedirect(await submit(browser, handler, "/auth/signout"))
})

const cookie = "authjs.session-token"

const userOf = async (response: Response): Promise<string | undefined> =>
  (await response.json().catch(() => null))?.user?.name ?? undefined

/** Sessions in encrypted cookies, the default. The credentials provider works with these only. */
export const authJsCookies: MakeSite = async () => {
  let resets = 0
  const config: AuthConfig = {
    ...common,
    session: { strategy: "jwt" },
    providers: [
      Credentials({
        credentials: { username: {}, password: {} },
        authorize: ({ password, username }) => (isRight(username, password) ? { name: String(username) } : null)
      })
    ]
  }
  const app: Handler = async (request) => {
    if (new URL(request.url).pathname !== "/password") return Auth(request, config)
    const session = new Request(new URL("/auth/session", request.url), { headers: request.headers })
    const name = await userOf(await Auth(session, config))
    if (name === undefined) return Response.json({}, { status: 401 })
    passwords.set(name, (await request.json()).password)
    return Response.json({})
  }
  // Nothing but another secret ends the sessions of before.
  const reset = async () => {
    resets += 1
    config.secret = `${secret} ${resets}`
  }
  const site = described(app, cookie, reset, {
    ...pagesOf(app),
    login: async (browser, { password, username }) =>
      statusOfRedirect(await submit(browser, app, "/auth/callback/credentials", { username, password }))
  })
  // There is no store, so nothing waits for its turn, and nothing can fail.
  const { data: _, gate: __, network: ___, ...rest } = site
  const { write: ____, ...pages } = site.pages
  return { ...rest, pages, user: userOf }
}

const tables = `
  create table verification_token (identifier text, expires timestamptz not null, token text, primary key (identifier, token));
  create table accounts (id serial primary key, "userId" integer not null, type text not null, provider text not null,
    "providerAccountId" text not null, refresh_token text, access_token text, expires_at bigint, id_token text, scope text,
    session_state text, token_type text);
  create table sessions (id serial primary key, "userId" integer not null, expires timestamptz not null, "sessionToken" text not null);
  create table users (id serial primary key, name text, email text, "emailVerified" timestamptz, image text)`

/** Sessions in PostgreSQL, for users who log in with another site (OAuth). Here that site is the function `identityProvider`. */
export const authJsDatabase: MakeSite = async (pool) => {
  // better-auth has a table of the same name, with other columns.
  await pool.query("create schema authjs")
  const inSchema = (sql: string) =>
    sql.replace(/\b(into|from|update|join) (verification_token|accounts|sessions|users)\b/gi, "$1 authjs.$2")
  await pool.query(tables.replaceAll("create table ", "create table authjs."))
  const config: AuthConfig = {
    ...common,
    session: { strategy: "database" },
    adapter: PostgresAdapter({
      query: (sql: string, values: ReadonlyArray<unknown>) => pool.query(inSchema(sql), [...values])
    }),
    providers: [
      {
        id: "provider",
        name: "Provider",
        type: "oauth",
        clientId: "latchkey",
        clientSecret: secret,
        authorization: "https://provider.example/authorize",
        token: "https://provider.example/token",
        userinfo: "https://provider.example/userinfo",
        profile: ({ name }) => ({ id: name, name, email: `${name}@example.com` }),
        [customFetch]: identityProvider
      }
    ]
  }
  const app: Handler = (request) => Auth(request, config)
  const login = async (
    browser: Browser,
    { password, username }: { readonly username: string; readonly password: string }
  ) => {
    const begun = await submit(browser, app, "/auth/signin/provider")
    const { origin, searchParams } = new URL(begun.headers.get("location") ?? "", "http://localhost")
    if (origin !== "https://provider.example") return statusOfRedirect(begun)
    // The provider checks the password, and sends the browser back with a code or with an error.
    const answer = new URLSearchParams(isRight(username, password) ? { code: username } : { error: "access_denied" })
    if (searchParams.has("state")) answer.set("state", searchParams.get("state") ?? "")
    return statusOfRedirect(await browser.fetch(app, `/auth/callback/provider?${answer}`, { from: origin }))
  }
  const site = described(app, cookie, async () => void (await pool.query("delete from authjs.sessions")), {
    ...pagesOf(app),
    login
  })
  // The first login of a user makes the account.
  await site.reset()
  for (const [username, password] of Object.entries(firstPasswords)) await login(site.browser(), { username, password })
  const { data: _, ...rest } = site
  const { changePassword: __, write: ___, ...pages } = site.pages
  return { ...rest, pages, user: userOf }
}

/** What Auth.js itself asks the provider: an access token for a code, and the user of an access token. */
const identityProvider = async (input: URL | RequestInfo, init?: RequestInit): Promise<Response> => {
  const request = new Request(input, init)
  if (request.url.endsWith("/userinfo"))
    return Response.json({ name: request.headers.get("authorization")?.replace("Bearer ", "") })
  const code = new URLSearchParams(await request.text()).get("code")
  return Response.json({ access_token: code, token_type: "bearer" })
}
