import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import { defineBackend } from "../../../../src/adapters/backend/define-backend.ts"
import { allowAllUsersModelBackend, modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { type PermissionRules, permissionBackend } from "../../../../src/adapters/backend/permission-rules.ts"
import { BackendUnavailable, PermissionDenied, StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { Backend } from "../../../../src/adapters/ports/backend.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../../src/adapters/store/memory.ts"
import type { Grants } from "../../../../src/core/permissions/permissions.ts"

type Context = AuthContext<MemoryUser, AnyFields>
type Rules = PermissionRules<MemoryUser | undefined>

type Rule = keyof Rules

interface Post {
  readonly author: string
}
const alices: Post = { author: "alice" }
const bobs: Post = { author: "bob" }

const isPost = (object: unknown): object is Post => typeof object === "object" && object !== null && "author" in object

const stored: Grants = {
  isActive: true,
  isSuperuser: false,
  user: new Set(["blog.view_post"]),
  group: new Set(["auth.view_user"])
}

interface World {
  readonly grants?: Partial<Grants>
  /** Backends before and after the one of the stored users. */
  readonly before?: ReadonlyArray<Backend<MemoryUser>>
  readonly after?: ReadonlyArray<Backend<MemoryUser>>
}

/** Alice with stored permissions, and the number of queries for them. */
const world = async ({ after = [], before = [], grants = {} }: World = {}) => {
  const stores = memory()
  let loads = 0
  const users = {
    ...stores.users,
    grants: () =>
      Effect.sync(() => {
        loads += 1
        return { ...stored, ...grants }
      })
  }
  const named = (backends: ReadonlyArray<Backend<MemoryUser>>, name: string) =>
    backends.map((backend, n) => [`${name}${n}`, backend] as const)
  const auth = createAuth<MemoryUser>({
    secretKey: "s",
    sessions: stores.sessions,
    backends: Object.fromEntries([
      ...named(before, "before"),
      ["model", modelBackend(users)],
      ["all", allowAllUsersModelBackend(users)],
      ...named(after, "after")
    ]),
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  await auth.createUser({ username: "alice", password: "p" }, { backend: "model" })
  const opened = () => {
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    return auth.open({ method: "GET", target: "/", headers: [], transport })
  }
  const visit = () => opened().context
  const openedByAlice = async () => {
    const request = opened()
    const alice = await request.context.authenticate({ username: "alice", password: "p" })
    await request.context.login(alice!)
    return request
  }
  const asAlice = async (): Promise<Context> => (await openedByAlice()).context
  return { asAlice, asNobody: visit, loads: () => loads, opened, openedByAlice }
}

const denying = (rule: Rule) =>
  permissionBackend<MemoryUser>({
    [rule]: () => {
      throw new PermissionDenied()
    }
  })

describe("stored permissions", () => {
  it("are queried once for all checks and all backends that share the users", async () => {
    const { asAlice, loads } = await world()
    const alice = await asAlice()
    const checked = await Promise.all([
      alice.hasPerm("blog.view_post"),
      alice.hasPerms(["blog.view_post", "auth.view_user"]),
      alice.hasPerms(["blog.view_post", "blog.add_post"]),
      alice.hasPerms([]),
      alice.hasModulePerms("auth"),
      alice.hasModulePerms("shop")
    ])
    expect(checked).toEqual([true, true, false, true, true, false])
    expect([...(await alice.getAllPermissions())]).toEqual(["blog.view_post", "auth.view_user"])
    expect(loads()).toBe(1)
  })

  it("grant nothing on any object", async () => {
    const alice = await (await world()).asAlice()
    for (const object of [alices, null, 0, ""]) {
      expect(await alice.hasPerm("blog.view_post", object)).toBe(false)
      expect(await alice.hasPerms(["blog.view_post"], object)).toBe(false)
      expect((await alice.getAllPermissions(object)).size).toBe(0)
    }
  })

  it("allow a superuser everything on every object, and still list none for an object", async () => {
    const { asAlice } = await world({ grants: { isSuperuser: true } })
    const alice = await asAlice()
    expect(await alice.hasPerm("nope.nope", alices)).toBe(true)
    expect((await alice.getAllPermissions(alices)).size).toBe(0)
  })

  it("are checked in lists only", async () => {
    const alice = await (await world()).asAlice()
    await expect(Reflect.apply(alice.hasPerms, undefined, ["blog.view_post"])).rejects.toThrow(TypeError)
  })
})

describe("a backend of permissions", () => {
  const authors = permissionBackend<MemoryUser>({
    hasPerm: (user, permission, object) =>
      permission === "blog.change_post" && isPost(object) && object.author === user?.username,
    objectPermissionsOf: (user, object) => (isPost(object) && object.author === user?.username ? ["blog.own_post"] : [])
  })

  it("decides about single objects, for the users of all other backends", async () => {
    const alice = await (await world({ after: [authors] })).asAlice()
    expect(await alice.hasPerm("blog.change_post", alices)).toBe(true)
    expect(await alice.hasPerm("blog.change_post", bobs)).toBe(false)
    expect(await alice.hasPerm("blog.change_post")).toBe(false)
    expect([...(await alice.getUserPermissions(alices))]).toEqual(["blog.own_post"])
    expect([...(await alice.getGroupPermissions(alices))]).toEqual([])
    expect([...(await alice.getAllPermissions(bobs))]).toEqual([])
  })

  it("uses its lists if it has no other rule", async () => {
    const owners = permissionBackend<MemoryUser>({
      permissionsOf: () => ["shop.sell"],
      objectPermissionsOf: (_, object) => (object === alices ? ["blog.own_post"] : [])
    })
    const alice = await (await world({ after: [owners] })).asAlice()
    expect(await alice.hasPerms(["shop.sell", "blog.view_post"])).toBe(true)
    expect(await alice.hasPerm("shop.sell", alices)).toBe(false)
    expect(await alice.hasPerm("blog.own_post", alices)).toBe(true)
    expect(await alice.hasPerm("blog.own_post", bobs)).toBe(false)
    expect(await alice.hasPerm("blog.own_post")).toBe(false)
    expect(await alice.hasModulePerms("shop")).toBe(true)
    expect(await alice.hasModulePerms("nope")).toBe(false)
  })

  it("may grant permissions to anonymous visitors", async () => {
    const open = permissionBackend<MemoryUser>({
      permissionsOf: (user) => (user === undefined ? ["blog.view_post"] : []),
      hasModulePerms: (user, app) => user === undefined && app === "faq"
    })
    const nobody = (await world({ after: [open] })).asNobody()
    expect(await nobody.hasPerms(["blog.view_post"])).toBe(true)
    expect(await nobody.hasPerm("blog.add_post")).toBe(false)
    expect([await nobody.hasModulePerms("faq"), await nobody.hasModulePerms("shop")]).toEqual([true, false])
    expect([...(await nobody.getAllPermissions())]).toEqual(["blog.view_post"])
  })

  it("denies what later backends would grant, and nothing that an earlier one did", async () => {
    const earlier = await (await world({ before: [denying("hasPerm"), denying("hasModulePerms")] })).asAlice()
    expect(await earlier.hasPerm("blog.view_post")).toBe(false)
    expect(await earlier.hasPerms(["blog.view_post"])).toBe(false)
    expect(await earlier.hasModulePerms("blog")).toBe(false)
    const later = await (await world({ after: [denying("hasPerm"), denying("hasModulePerms")] })).asAlice()
    expect(await later.hasPerm("blog.view_post")).toBe(true)
    expect(await later.hasModulePerms("blog")).toBe(true)
  })

  it("can deny in its lists as well", async () => {
    const alice = await (await world({ before: [denying("permissionsOf")] })).asAlice()
    expect(await alice.hasPerm("blog.view_post")).toBe(false)
    expect((await alice.getAllPermissions()).size).toBe(0)
    const onObjects = await (await world({ before: [denying("objectPermissionsOf"), authors] })).asAlice()
    expect(await onObjects.hasPerm("blog.change_post", alices)).toBe(false)
    expect((await onObjects.getAllPermissions(alices)).size).toBe(0)
    expect(await onObjects.hasPerm("blog.view_post")).toBe(true)
  })

  it("is called each time, but only once per request for its lists", async () => {
    const asked: Array<string> = []
    const counting = permissionBackend<MemoryUser>({
      permissionsOf: () => {
        asked.push("list")
        return []
      },
      hasPerm: (_, permission) => asked.push(permission) > 0
    })
    const alice = await (await world({ after: [counting] })).asAlice()
    for (const permission of ["a.b", "a.b", "blog.view_post"]) await alice.hasPerm(permission)
    await alice.getAllPermissions()
    expect(asked).toEqual(["list", "a.b", "a.b"])
  })

  it("that fails is an outage, not an answer", async () => {
    const cause = new Error("policy server down")
    const failing = permissionBackend<MemoryUser>({ hasPerm: () => Promise.reject(cause) })
    const alice = await (await world({ before: [failing] })).asAlice()
    await expect(alice.hasPerm("blog.view_post")).rejects.toEqual(new BackendUnavailable({ backend: "before0", cause }))
  })

  it.each<[string, Rule, (context: Context) => Promise<unknown>]>([
    ["hasPerm", "hasPerm", (alice) => alice.hasPerm("blog.change_post", alices)],
    ["hasModulePerms", "hasModulePerms", (alice) => alice.hasModulePerms("shop")],
    ["a permission on an object", "objectPermissionsOf", (alice) => alice.hasPerm("blog.change_post", alices)],
    ["the permissions on an object", "objectPermissionsOf", (alice) => alice.getAllPermissions(alices)],
    ["getPerms", "hasPerm", (alice) => alice.getPerms()]
  ])("that fails is an outage, also for a framework that answers the failure with 500: %s", async (_, rule, ask) => {
    const cause = new Error("policy server down")
    const failing = permissionBackend<MemoryUser>({ [rule]: () => Promise.reject(cause) })
    const request = await (await world({ before: [failing] })).openedByAlice()
    const outage = new BackendUnavailable({ backend: "before0", cause })
    await expect(ask(request.context)).rejects.toEqual(outage)
    await expect(request.respond(500)).rejects.toEqual(outage)
  })

  it("logs no user in", async () => {
    const { asNobody } = await world({ before: [authors] })
    expect(await asNobody().authenticate({ username: "alice", password: "wrong" })).toBeUndefined()
  })
})

describe("rules of a backend that has its own users", () => {
  interface Machine {
    readonly serial: string
  }
  const machines = defineBackend<Machine, { readonly token: string }>({
    credentials: Schema.Struct({ token: Schema.String }),
    authenticate: ({ token }) => ({ serial: token }),
    getUser: (serial) => ({ serial }),
    idOf: ({ serial }) => serial,
    permissionsOf: ({ serial }) => [`plant.run_${serial}`],
    hasPerm: ({ serial }, permission, object) => permission === "plant.stop" && object === serial
  })

  it("are called for those users only", async () => {
    const stores = memory()
    const auth = createAuth<Machine | MemoryUser>({
      secretKey: "s",
      sessions: stores.sessions,
      backends: { machines, model: modelBackend(stores.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    await auth.createUser({ username: "alice", password: "p" })
    const as = async (credentials: Readonly<Record<string, unknown>>) => {
      const transport = { secure: false, serverName: "localhost", serverPort: "80" }
      const { context } = auth.open({ method: "GET", target: "/", headers: [], transport })
      await context.login((await context.authenticate(credentials))!)
      return context
    }
    const machine = await as({ token: "7" })
    const alice = await as({ username: "alice", password: "p" })
    expect([...(await machine.getAllPermissions())]).toEqual(["plant.run_7"])
    expect(await machine.hasPerm("plant.stop", "7")).toBe(true)
    expect(await machine.hasPerm("plant.stop", "8")).toBe(false)
    expect(await alice.hasPerm("plant.stop", undefined)).toBe(false)
    expect((await alice.getAllPermissions()).size).toBe(0)
  })
})

describe("the permissions of a request that logs in twice", () => {
  it("are those of each user, even when users of two stores have the same id", async () => {
    const [staff, guests] = [memory(), memory()]
    const auth = createAuth<MemoryUser>({
      secretKey: "s",
      sessions: staff.sessions,
      backends: { staff: modelBackend(staff.users), guests: modelBackend(guests.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    const alice = await auth.createUser({ username: "alice" }, { backend: "staff" })
    const bob = await auth.createUser({ username: "bob" }, { backend: "guests" })
    expect(alice?.id).toBe(bob?.id)
    staff.users.setPermissions(String(alice?.id), ["blog.delete_post"])

    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const { hasPerm, login } = auth.open({ method: "GET", target: "/", headers: [], transport }).context
    await login(alice!, { backend: "staff" })
    expect(await hasPerm("blog.delete_post")).toBe(true)
    await login(bob!, { backend: "guests" })
    expect(await hasPerm("blog.delete_post")).toBe(false)
  })
})

describe("the values for templates", () => {
  it("are the user and the permissions, loaded once and only when they are requested", async () => {
    const { asAlice, loads } = await world()
    const alice = await asAlice()
    expect(loads()).toBe(0)
    const [{ perms, user }] = await Promise.all([alice.templateValues(), alice.templateValues(), alice.getPerms()])
    expect(user?.username).toBe("alice")
    expect([perms["blog"]?.["view_post"], perms["blog"]?.["add_post"], "shop" in perms]).toEqual([true, false, false])
    expect(loads()).toBe(1)
  })

  it("has no user and no permissions for an anonymous visitor", async () => {
    const { user, perms } = await (await world()).asNobody().templateValues()
    expect([user, "blog.view_post" in perms]).toEqual([undefined, false])
  })

  it("is everything for a superuser", async () => {
    const perms = await (await (await world({ grants: { isSuperuser: true } })).asAlice()).getPerms()
    expect(perms["nope"]?.["nope"]).toBe(true)
  })

  it("never contains more than hasPerm: a permission that is granted and then denied is missing", async () => {
    const lent = permissionBackend<MemoryUser>({
      hasPerm: (_, permission) => {
        if (permission === "blog.view_post") throw new PermissionDenied()
        return false
      }
    })
    const perms = await (await (await world({ before: [lent] })).asAlice()).getPerms()
    expect(["blog.view_post" in perms, "blog" in perms, "auth.view_user" in perms]).toEqual([false, false, true])
  })

  it("fail during an outage, also for a framework that answers the failure with 500", async () => {
    const outage = new StoreUnavailable({ operation: "load permissions", cause: undefined })
    const down: Backend<MemoryUser> = { ...permissionBackend<MemoryUser>({}), grants: () => Effect.fail(outage) }
    const { asAlice, opened } = await world({ after: [down] })
    await expect((await asAlice()).templateValues()).rejects.toEqual(outage)
    const request = opened()
    await expect(request.context.hasPerm("blog.view_post")).rejects.toEqual(outage)
    await expect(request.respond(500)).rejects.toEqual(outage)
  })
})
