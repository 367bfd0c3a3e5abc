/** The README's application, and the recipes of docs/recipes.md that need other packages: what they claim. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { formVisitor } from "../rig/form-visitor.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { registryService, service } from "../rig/services.ts"
import { documented } from "./docs-application.ts"
import { root } from "./packed.ts"

const isAvailable = [registryService(), service("postgres")].every(({ available }) => available)

describe.skipIf(!isAvailable)("the docs", () => {
  const { app, compile, serve } = documented()

  describe("the recipe for WebSockets", () => {
    let url = ""
    beforeAll(async () => {
      url = (await serve(["websocket.ts"])).url
    })

    /** What a socket with this cookie and origin gets. */
    const first = (cookie: string, origin: string): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      // Node's own client takes headers, which the type of browsers does not know.
      const options: object = { headers: { cookie, origin } }
      const socket = Reflect.construct(WebSocket, [url.replace("http", "ws"), options])
      socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
        socket.close()
        resolve(String(data))
      })
      socket.addEventListener("error", () => resolve("refused"))
      return promise
    }

    it("greets the user, and refuses visitors and pages of other sites", async () => {
      const client = formVisitor(url)
      await client.get("/login")
      await client.send("/login", { username: "alice", password: "correct horse" })
      const cookie = `sessionid=${client.jar.get("sessionid")}`
      expect(await first(cookie, url)).toBe("Hello alice")
      expect(await first(cookie, "https://evil.example")).toBe("refused")
      expect(await first("", url)).toBe("refused")
    })

    it("compiles", async () => {
      expect(await compile("websocket")).toBe("")
    })
  })

  describe("the application with account pages", () => {
    it("signs up, logs in and resets a password by the mails on its console", async () => {
      const { child, url } = await serve(["accounts.ts"])
      const client = formVisitor(url)
      expect((await client.get("/")).location).toBe("/accounts/login/?next=/")
      await client.get("/accounts/signup")
      const password = "analytical engine"
      const ada = { username: "ada", email: "ada@example.com", password1: password, password2: password }
      expect((await client.send("/accounts/signup", { ...ada, password1: "ada", password2: "ada" })).status).toBe(200)
      expect((await client.send("/accounts/signup", ada)).location).toBe("/accounts/signup/done")
      const [, verify = ""] = await child.printed(/https?:\/\/[^/]+(\/accounts\/verify\/\S+)/)
      const page = (await client.get(verify)).location ?? ""
      expect((await client.send(page, { password })).location).toBe("/")
      expect((await client.get("/")).text).toContain("Hello ada.")
      expect((await client.get("/accounts/sessions")).text).toContain("/accounts/logout")
      const visitor = formVisitor(url)
      await visitor.get("/accounts/password_reset")
      await visitor.send("/accounts/password_reset", { email: "Ada@Example.com" })
      const [, reset = ""] = await child.printed(/https?:\/\/[^/]+(\/accounts\/reset\/\S+)/)
      const form = (await visitor.get(reset)).location ?? ""
      const chosen = { new_password1: "difference engine", new_password2: "difference engine" }
      expect((await visitor.send(form, chosen)).location).toBe("/accounts/reset/done")
      expect((await visitor.get(reset)).status).toBe(200)
      expect((await client.get("/")).location).toBe("/accounts/login/?next=/")
      const login = { username: "ada", password: "difference engine", next: "/" }
      expect((await client.send("/accounts/login", login)).location).toBe("/")
    })

    it("compiles", async () => {
      expect(await compile("accounts")).toBe("")
    })
  })

  describe("with PostgreSQL", () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgres()
    })
    afterAll(() => server?.stop())

    describe("the README's application", () => {
      it("logs in a user, and refuses a form without its token", async () => {
        const readme = readFileSync(join(root, "README.md"), "utf8")
        for (const [, code = "", file = ""] of readme.matchAll(/^```ts\n(\/\/ (\w+\.ts)\n[\s\S]*?)^```$/gm)) {
          app().write(file === "auth.ts" ? "readme-auth.ts" : file, code.replace('"./auth.ts"', '"./readme-auth.ts"'))
        }
        expect(await compile("server")).toBe("")
        const env = { DATABASE_URL: await server.createDatabase() }
        app().write(
          "create-user.ts",
          `import { auth, pg } from "./readme-auth.ts"
        await auth.createUser({ username: "alice", password: "correct horse" })
        await pg.close()`
        )
        await app().under(env).run("create-user.ts")
        const { url } = await serve(["server.ts"], env)
        const client = formVisitor(url)
        expect((await client.get("/")).text).toContain("Who are you?")
        const alice = { username: "alice", password: "correct horse" }
        expect((await client.send("/", { ...alice, csrfmiddlewaretoken: "" })).status).toBe(403)
        expect((await client.send("/", alice)).text).toContain("Welcome back")
        expect((await client.get("/")).text).toContain("Welcome back")
      })
    })

    it("runs the test of docs/testing.md on an application's own queries", async () => {
      expect(await compile("queries.test")).toBe("")
      const env = { DATABASE_URL: await server.createDatabase(), FORCE_COLOR: undefined }
      expect(await app().under(env).run("--test", "queries.test.ts")).toMatch(/^. pass 2$/m)
    })

    const statements = (file: string): string => readFileSync(join(root, "docs", "recipes", file), "utf8")
    /** Creates latchkey's tables, and copies the users by the recipe's SQL. */
    const copyUsers = async (databaseUrl: string, file: string): Promise<void> => {
      const code = `import { postgres } from "latchkey/postgres"
      const pg = postgres({ url: process.env.DATABASE_URL })
      await pg.createTables()
      await pg.close()`
      app().write("create-tables.ts", code)
      await app().under({ DATABASE_URL: databaseUrl }).run("create-tables.ts")
      const sql = postgres(databaseUrl, { max: 1 })
      await sql.unsafe(statements(file))
      await sql.end()
    }
    const ada = { username: "ada@example.com", password: "correct horse" }

    describe("the recipe for Passport", () => {
      let url: string
      let databaseUrl: string
      let oldCookie: string
      beforeAll(async () => {
        databaseUrl = await server.createDatabase()
        const env = { DATABASE_URL: databaseUrl, SESSION_SECRET: "the secret of express-session" }
        const client = formVisitor((await serve(["old-passport.ts"], env)).url)
        expect((await client.send("/login", ada)).status).toBe(200)
        expect(JSON.parse((await client.get("/me")).text)).toMatchObject({ id: 2, email: ada.username })
        oldCookie = client.jar.get("connect.sid") ?? expect.fail("express-session set no cookie")
        await copyUsers(databaseUrl, "from-passport.sql")
        url = (await serve(["from-passport.ts"], env)).url
      })

      const me = async (client: ReturnType<typeof formVisitor>) => JSON.parse((await client.get("/me")).text).user

      it("keeps the user logged in, with a session of latchkey", async () => {
        const client = formVisitor(url, { "connect.sid": oldCookie })
        expect(await me(client)).toBe(ada.username)
        expect([...client.jar.keys()]).not.toContain("connect.sid")
        expect([...client.jar.keys()]).toContain("sessionid")
        expect(await me(client)).toBe(ada.username)
      })

      it("uses an old cookie once, and no cookie with another signature", async () => {
        expect(await me(formVisitor(url, { "connect.sid": oldCookie }))).toBe(null)
        expect(await me(formVisitor(url, { "connect.sid": "s%3Aguessed.AAAA" }))).toBe(null)
      })

      it("accepts the old password, and gives new users the next id", async () => {
        const client = formVisitor(url)
        const { token } = JSON.parse((await client.get("/csrf")).text)
        const answer = await client.send("/login", { ...ada, csrfmiddlewaretoken: token })
        expect(JSON.parse(answer.text)).toEqual({ user: ada.username })
        const sql = postgres(databaseUrl, { max: 1 })
        const [row] = await sql`SELECT split_part(password, '$', 1) AS hasher FROM auth_user WHERE id = 2`
        const [next] = await sql`SELECT nextval(pg_get_serial_sequence('auth_user', 'id'))::int AS id`
        await sql.end()
        expect([row?.["hasher"], next?.["id"]]).toEqual(["pbkdf2_sha256", 3])
      })

      it("compiles", async () => {
        expect(await compile("from-passport")).toBe("")
      })
    })

    describe("the recipe for Auth.js", () => {
      const cookieName = "authjs.session-token"
      let databaseUrl: string
      let env: Readonly<Record<string, string>>
      let jwt: string
      let stored: string
      beforeAll(async () => {
        databaseUrl = await server.createDatabase()
        env = { DATABASE_URL: databaseUrl, AUTH_SECRET: "the secret of Auth.js, long enough for it" }
        const { child, url } = await serve(["serve.mjs", "./old-auth-js.ts"], env)
        stored = (await child.printed(/session token: (\S+)/))[1] ?? ""
        const client = formVisitor(url)
        const { csrfToken } = JSON.parse((await client.get("/auth/csrf")).text)
        expect((await client.send("/auth/callback/credentials", { csrfToken, email: ada.username })).status).toBe(302)
        expect(JSON.parse((await client.get("/auth/session")).text).user.email).toBe(ada.username)
        jwt = client.jar.get(cookieName) ?? expect.fail("Auth.js set no cookie")
        await copyUsers(databaseUrl, "from-auth-js.sql")
      })

      it.each(["jwt", "database"])("keeps the user logged in, with the strategy %s", async (strategy) => {
        const { url } = await serve(["serve.mjs", "./from-auth-js.ts"], { ...env, AUTH_STRATEGY: strategy })
        const cookie = strategy === "jwt" ? jwt : stored
        const me = async (client: ReturnType<typeof formVisitor>) => JSON.parse((await client.get("/")).text).user
        const client = formVisitor(url, { [cookieName]: cookie })
        expect(await me(client)).toBe(ada.username)
        expect([...client.jar.keys()]).not.toContain(cookieName)
        expect(await me(client)).toBe(ada.username)
        expect(await me(formVisitor(url, { [cookieName]: "guessed" }))).toBe(null)
        if (strategy === "jwt") {
          const parts = { [`${cookieName}.0`]: jwt.slice(0, 99), [`${cookieName}.1`]: jwt.slice(99) }
          const divided = formVisitor(url, parts)
          expect(await me(divided)).toBe(ada.username)
          expect([...divided.jar.keys()].sort()).toEqual(["csrftoken", "sessionid"])
        }
        if (strategy === "database") expect(await me(formVisitor(url, { [cookieName]: cookie }))).toBe(null)
      })

      it("compiles", async () => {
        expect(await compile("from-auth-js")).toBe("")
      })
    })
  })
})
