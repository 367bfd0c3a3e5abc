/** Vectors: requests through a proxy to a real Django (test/interop/oracle/remote_user_vectors.py). */
import { describe, expect, it } from "vitest"
import type { Auth } from "../../../../src/adapters/api/auth.ts"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { SettingsOptions } from "../../../../src/adapters/api/options/settings-options.ts"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import {
  allowAllUsersRemoteUserBackend,
  RemoteUser,
  type RemoteUserBackendOptions,
  remoteUserBackend
} from "../../../../src/adapters/backend/remote-user-backend.ts"
import {
  BadRequest,
  ConfigurationInvalid,
  CsrfFailed,
  PermissionDenied
} from "../../../../src/adapters/errors/errors.ts"
import { md5 } from "../../../../src/adapters/password/hashers/md5-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryStores, type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import vectors from "../../../vectors/remote_user.json" with { type: "json" }

const remote = "django.contrib.auth.backends.RemoteUserBackend"
const model = "django.contrib.auth.backends.ModelBackend"

interface World {
  readonly auth: Auth<MemoryUser, AnyFields>
  readonly stores: MemoryStores
}

const world = async (
  options: RemoteUserBackendOptions<MemoryUser> = {},
  settings: Partial<SettingsOptions> = { remoteUser: { header: "X-Remote-User" } }
): Promise<World> => {
  const stores = memory()
  const auth = createAuth<MemoryUser>({
    secretKey: "s",
    sessions: stores.sessions,
    backends: { [remote]: remoteUserBackend(stores.users, options), [model]: modelBackend(stores.users) },
    hashers: [md5()],
    ...settings
  })
  await auth.createUser({ username: "alice", password: "alice's" })
  await auth.createUser({ username: "bob", password: "bob's" })
  const idle = await auth.createUser({ username: "idle", password: "idle's" })
  stores.users.change(String(idle?.id), { isActive: false })
  return { auth, stores }
}

type Headers = ReadonlyArray<readonly [string, string]>
type Handler = (context: AuthContext<MemoryUser, AnyFields>) => unknown

/** A browser that keeps its session cookie. */
const headOf = (headers: Headers, method = "GET") => ({
  method,
  target: "/",
  headers,
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

const browser = ({ auth }: World) => {
  let key: string | undefined
  return {
    key: () => key,
    visit: async (headers: Headers, handler: Handler = () => {}, method = "GET") => {
      const request = auth.open(
        headOf(key === undefined ? headers : [...headers, ["Cookie", `sessionid=${key}`]], method)
      )
      await request.enter({ body: undefined, exempt: () => false, loginRequired: undefined })
      await handler(request.context)
      const user = await request.context.getUser()
      const { cookies } = await request.respond(200)
      for (const line of cookies) {
        const [, value = ""] = /^sessionid=([^;]*)/.exec(line) ?? []
        if (line.startsWith("sessionid=")) key = line.includes("Max-Age=0") ? undefined : value
      }
      return user?.username
    }
  }
}

const named = (name: string): Headers => [["X-Remote-User", name]]

const optionsOf: Record<string, RemoteUserBackendOptions<MemoryUser>> = {
  Stock: {},
  AllowAll: { allowInactive: true },
  NoCreation: { createUnknownUser: false },
  Cleaning: { cleanUsername: (name) => name.split("@")[0] ?? "" }
}

describe("a browser behind a proxy", () => {
  it.each(vectors.data)("gets the same results as in Django: $label", async (walk) => {
    const here = await world(optionsOf[walk.remote], {
      remoteUser: { header: "X-Remote-User", persistent: walk.persistent }
    })
    const announced: Array<unknown> = []
    here.auth.on("user_logged_in", ({ user }) => void announced.push(["user_logged_in", user.username]))
    here.auth.on("user_logged_out", ({ user }) => void announced.push(["user_logged_out", user?.username ?? null]))
    here.auth.on(
      "user_login_failed",
      ({ credentials }) => void announced.push(["user_login_failed", Object.values(credentials)])
    )
    const visitor = browser(here)
    const walked: Array<unknown> = []
    for (const { header, login } of walk.steps) {
      announced.length = 0
      const before = visitor.key()
      let backend: unknown
      const user = await visitor.visit(header === null ? [] : named(header), async (context) => {
        if (login !== null) {
          const found = await context.authenticate({ username: login, password: `${login}'s` })
          if (found !== undefined) await context.login(found)
        }
        backend = await context.session.get("_auth_user_backend")
      })
      const key = visitor.key()
      walked.push({
        header,
        login,
        user: user ?? null,
        backend: backend === remote ? "remote" : backend === model ? "model" : null,
        key: key === undefined ? "none" : key === before ? "same" : "new",
        announced: [...announced]
      })
    }
    expect(walked).toEqual(walk.steps)
    for (const username of walk.users)
      expect(await visitor.visit(named(username))).toBe(
        username === "idle" && walk.remote !== "AllowAll" ? undefined : username
      )
  })

  it("is anonymous despite that header without the setting", async () => {
    const here = await world({}, {})
    expect(await browser(here).visit(named("alice"))).toBeUndefined()
  })

  it("is anonymous with a header of a similar name", async () => {
    const visitor = browser(await world())
    for (const header of ["X_Remote_User", "X-Remote_User", "X-Remote-User2", "Remote-User", "X-Remote-Use"])
      expect(await visitor.visit([[header, "alice"]])).toBeUndefined()
    expect(await visitor.visit([["x-rEMOTE-uSER", "alice"]])).toBe("alice")
  })

  it("is refused when the header comes twice: one of them is not the proxy's", async () => {
    const visitor = browser(await world(optionsOf["Cleaning"]))
    const twice: Headers = [...named("bob@x"), ...named("alice@x")]
    await expect(visitor.visit(twice)).rejects.toEqual(
      new BadRequest({ reason: "the header X-Remote-User was sent more than once" })
    )
  })

  it("is refused too when two headers were joined into one", async () => {
    const { auth } = await world(optionsOf["Cleaning"])
    const entry = { body: undefined, exempt: () => false, loginRequired: undefined }
    const joined = auth.open({ ...headOf(named("bob@x, alice@x")), joinsHeaders: true })
    await expect(joined.enter(entry)).rejects.toBeInstanceOf(BadRequest)
    const plain = auth.open(headOf(named("CN=bob, O=x")))
    await expect(plain.enter(entry)).resolves.toBeUndefined()
  })

  it("is logged in before the CSRF check, which works as usual", async () => {
    const here = await world()
    await expect(browser(here).visit(named("alice"), () => {}, "POST")).rejects.toBeInstanceOf(CsrfFailed)
  })

  it("is anonymous for a reader, with an empty session, once the header is missing or names another user", async () => {
    const here = await world()
    const visitor = browser(here)
    await visitor.visit(named("alice"), async ({ session }) => session.set("cart", [1]))
    const rows = [...here.stores.sessions.rows]
    const seen = async (headers: Headers): Promise<ReadonlyArray<unknown>> => {
      const { getUser, session } = here.auth.reader(headOf([...headers, ["Cookie", `sessionid=${visitor.key()}`]]))
      return [await session.get("cart"), (await getUser())?.username]
    }
    expect(await seen(named("alice"))).toEqual([[1], "alice"])
    expect(await seen([])).toEqual([undefined, undefined])
    expect(await seen(named("bob"))).toEqual([undefined, undefined])
    expect([...here.stores.sessions.rows]).toEqual(rows)
  })

  it("writes nothing when the request cannot change its session", async () => {
    const here = await world()
    const visitor = browser(here)
    await visitor.visit(named("alice"))
    const rows = [...here.stores.sessions.rows]
    await visitor.visit(named("alice"))
    expect([...here.stores.sessions.rows]).toEqual(rows)
  })
})

describe("the setting remoteUser", () => {
  const backends = { [model]: modelBackend(memory().users) }
  const problemsOf = (options: Partial<SettingsOptions>, of = backends) => {
    try {
      createAuth({ secretKey: "s", sessions: memory().sessions, backends: of, ...options })
      return []
    } catch (error) {
      return error instanceof ConfigurationInvalid ? error.problems : [error]
    }
  }

  it("requires a backend for remote users, and the name of a header", () => {
    expect(problemsOf({ remoteUser: { header: "X-Remote-User" } })).toEqual([
      "remoteUser: none of the backends is a remoteUserBackend, so no user can log in; add one to backends"
    ])
    const remoteToo = { ...backends, [remote]: remoteUserBackend(memory().users) }
    for (const header of ["", "X Remote User", "X-Remote-User:"])
      expect(problemsOf({ remoteUser: { header } }, remoteToo)).toEqual([
        'remoteUser.header is not the name of a header; write one such as "X-Forwarded-Proto"'
      ])
    expect(problemsOf({ remoteUser: { header: "X-Remote-User" } }, remoteToo)).toEqual([])
  })
})

describe("a backend for remote users", () => {
  const authenticate = async (here: World, credentials: Readonly<Record<string, unknown>>) => {
    let found: MemoryUser | undefined
    await browser(here).visit([], async (context) => {
      found = await context.authenticate(credentials)
    })
    return found
  }

  it("accepts no credentials that a client could have sent", async () => {
    const here = await world()
    const parsed: Readonly<Record<string, unknown>> = JSON.parse('{"remoteUser":"alice"}')
    expect(await authenticate(here, parsed)).toBeUndefined()
    expect(await authenticate(here, { ...new RemoteUser("alice") })).toBeUndefined()
    expect(await authenticate(here, new RemoteUser("alice"))).toMatchObject({ username: "alice" })
  })

  it("is anonymous with an empty name, even if cleanUsername turns it into a name", async () => {
    const here = await world({ cleanUsername: () => "alice" })
    expect(await authenticate(here, new RemoteUser(""))).toBeUndefined()
    expect(await authenticate(here, new RemoteUser("x"))).toMatchObject({ username: "alice" })
  })

  it("creates users who have no password, no rights and no e-mail address", async () => {
    const here = await world()
    expect(await authenticate(here, new RemoteUser("carol"))).toEqual({
      id: 4,
      username: "carol",
      email: "",
      isActive: true,
      isStaff: false,
      isSuperuser: false,
      lastLoginAt: undefined
    })
    for (const password of ["", "carol's"])
      expect(await authenticate(here, { username: "carol", password })).toBeUndefined()
  })

  it("creates one user for many parallel requests", async () => {
    const here = await world()
    const found = await Promise.all(Array.from({ length: 8 }, () => authenticate(here, new RemoteUser("carol"))))
    expect(new Set(found.map((user) => user?.id))).toEqual(new Set([4]))
  })

  it("creates no user whose name the column cannot store", async () => {
    const here = await world()
    for (const name of ["a\0b", "\ud800", "x".repeat(151)])
      expect(await authenticate(here, new RemoteUser(name))).toBeUndefined()
    expect(await authenticate(here, new RemoteUser("😀".repeat(150)))).toBeDefined()
  })

  it("lets the application configure users at every authentication, and uses the stored result", async () => {
    const configured: Array<unknown> = []
    const here: World = await world({
      configureUser: (user, { created }) => {
        configured.push([user.username, created])
        if (created) here.stores.users.change(String(user.id), { email: "carol@example.com" })
        if (user.username === "idle") here.stores.users.change(String(user.id), { isActive: true })
        if (user.username === "bob") here.stores.users.change(String(user.id), { isActive: false })
      }
    })
    expect(await authenticate(here, new RemoteUser("carol"))).toMatchObject({ email: "carol@example.com" })
    expect(await authenticate(here, new RemoteUser("carol"))).toMatchObject({ email: "carol@example.com" })
    expect(await authenticate(here, new RemoteUser("idle"))).toMatchObject({ username: "idle" })
    expect(await authenticate(here, new RemoteUser("bob"))).toBeUndefined()
    expect(configured).toEqual([
      ["carol", true],
      ["carol", false],
      ["idle", false],
      ["bob", false]
    ])
  })

  it("lets the application refuse a user", async () => {
    const here = await world({
      configureUser: () => {
        throw new PermissionDenied()
      }
    })
    expect(await authenticate(here, new RemoteUser("alice"))).toBeUndefined()
  })

  it("can log inactive users in, too, who then stay logged in", async () => {
    const stores = memory()
    const auth = createAuth<MemoryUser>({
      secretKey: "s",
      sessions: stores.sessions,
      backends: { [remote]: allowAllUsersRemoteUserBackend(stores.users) },
      hashers: [md5()],
      remoteUser: { header: "X-Remote-User", persistent: true }
    })
    const idle = await auth.createUser({ username: "idle" })
    stores.users.change(String(idle?.id), { isActive: false })
    const visitor = browser({ auth, stores })
    expect(await visitor.visit(named("idle"))).toBe("idle")
    expect(await visitor.visit([])).toBe("idle")
  })
})
