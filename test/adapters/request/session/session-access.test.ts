import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { HeadersAlreadySent, SessionDataInvalid } from "../../../../src/adapters/errors/errors.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import * as JsonText from "../../../../src/core/json/json-text.ts"
import { application, browser, type Handler, model } from "../site.ts"

const head = {
  method: "GET",
  target: "/",
  headers: [],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
}

type Session = Parameters<Handler>[0]["session"]

describe("a request's session", () => {
  it("keeps the changes of parallel operations, and loads once", async () => {
    const app = await application()
    const visitor = browser(app)
    await visitor.visit(({ session }) => session.set("x", 0))
    let loads = 0
    const counting = await application({
      sessions: {
        ...app.stores.sessions,
        load: (key, now) => {
          loads++
          return app.stores.sessions.load(key, now)
        }
      }
    })
    const same = browser(counting, visitor.cookies)
    await same.visit(({ getUser, session }) =>
      Promise.all([session.set("a", 1), session.set("b", 2), getUser(), getUser()])
    )
    expect(loads).toBe(1)
    await same.visit(async ({ session }) => {
      expect(await session.keys()).toEqual(["x", "a", "b"])
    })
  })

  it("keeps the keys that say who is logged in, since when and how long, also from an object of a client", async () => {
    const visitor = browser(await application())
    const keys = ["_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_latchkey_login", "_latchkey_seen"]
    await visitor.visit(async ({ session }) => {
      await session.set("cart", [1])
      for (const key of [...keys, "_session_expiry"]) {
        const sent: Record<string, unknown> = JSON.parse(`{ "cart": [2], "${key}": "1" }`)
        const changes = [session.update(sent), session.set(key, "1"), session.setDefault(key, "1")]
        for (const change of changes) await expect(change).rejects.toMatchObject({ _tag: "SessionDataInvalid", key })
      }
      await expect(session.set("_session_expiry", 1e9)).rejects.toThrow("setExpiry changes this key")
      await expect(session.set("_auth_user_id", "1")).rejects.toThrow("login and logout change this key")
      for (const key of ["_latchkey_login", "_latchkey_seen"]) {
        for (const change of [session.delete(["cart", key]), session.pop(key)])
          await expect(change).rejects.toThrow("only latchkey changes this key")
        await expect(session.raw.update(new Map([[key, JsonText.write("1")]]))).rejects.toThrow("only latchkey")
      }
      expect(await session.raw.all()).toEqual(new Map([["cart", "[1]"]]))
      await session.raw.update(new Map([["_auth_user_id", JsonText.write("1")]]))
      expect(await session.delete("_auth_user_id")).toBe(true)
    })
  })

  it("has Django's methods", async () => {
    const visitor = browser(await application())
    await visitor.visit(async ({ session }) => {
      expect([session.key(), session.isEmpty()]).toEqual([undefined, true])
      await session.set("x", { nested: [1, "two", null] })
      expect(await session.get("x")).toEqual({ nested: [1, "two", null] })
      expect([await session.has("x"), await session.has("y")]).toEqual([true, false])
      expect(await session.setDefault("x", 1)).toEqual({ nested: [1, "two", null] })
      expect(await session.setDefault("y", 1)).toBe(1)
      expect(await session.pop("y")).toBe(1)
      expect(await session.pop("y")).toBeUndefined()
      expect([await session.delete("x"), await session.delete("x")]).toEqual([true, false])
      await session.setTestCookie()
      expect(await session.testCookieWorked()).toBe(true)
      await session.deleteTestCookie()
      expect(await session.keys()).toEqual([])
      await session.set("kept", true)
    })
    const key = visitor.cookies.get("sessionid")
    await visitor.visit(async ({ session }) => {
      expect([session.key(), session.isEmpty()]).toEqual([key, false])
      await session.clear()
      expect([session.key(), await session.keys()]).toEqual([key, []])
    })
    expect(visitor.cookies.get("sessionid")).toBe(key)
    await visitor.visit(({ session }) => session.flush())
    expect(visitor.cookies.has("sessionid")).toBe(false)
  })

  it("expires as setExpiry has set it", async () => {
    const visitor = browser(await application())
    const lineAfter = async (handler: Handler) => (await visitor.visit(handler)).cookies.at(-1)
    expect(await lineAfter(({ session }) => session.setExpiry(60))).toContain("Max-Age=60;")
    expect(await lineAfter(({ session }) => session.setExpiry(0))).not.toContain("Max-Age")
    expect(await lineAfter(({ session }) => session.setExpiry(new Date(Date.now() + 90_500)))).toMatch(/Max-Age=90;/)
    expect(await lineAfter(({ session }) => session.setExpiry(null))).toContain("Max-Age=1209600;")
    await visitor.visit(async ({ session }) => {
      expect([await session.expiryAgeSeconds(), await session.expiresAtBrowserClose()]).toEqual([1_209_600, false])
    })
  })

  it("refuses values that are not JSON, with the key and not the value in the message", async () => {
    const visitor = browser(await application())
    await visitor.visit(async ({ session }) => {
      const refused = await session.set("born", new Date(0)).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(SessionDataInvalid)
      expect(String(refused)).toContain('"born"')
      expect(String(refused)).not.toContain("1970")
    })
  })

  it("cannot change once the response is being sent", async () => {
    const { auth } = await application()
    const request = auth.open(head)
    const { context } = request
    await request.respond(200)
    await expect(context.session.set("x", 1)).rejects.toBeInstanceOf(HeadersAlreadySent)
    await expect(context.logout()).rejects.toBeInstanceOf(HeadersAlreadySent)
    expect(await context.session.get("x")).toBeUndefined()
  })

  it("sets many values and removes many keys, each in one operation", async () => {
    const app = await application()
    const visitor = browser(app)
    await visitor.visit(async ({ session }) => {
      await session.update({ a: 1, b: [2], ["__proto__"]: 3 })
      expect(await session.keys()).toEqual(["a", "b", "__proto__"])
      expect([await session.delete(["a", "none"]), await session.delete(["a", "none"])]).toEqual([true, false])
      const refused = await session.update({ c: 4, d: () => 5, e: undefined }).catch((error: unknown) => error)
      expect(refused).toEqual(new SessionDataInvalid({ key: "d", reason: "a function" }))
      expect(await session.has("c")).toBe(false)
      await expect(session.update({ e: undefined })).rejects.toBeInstanceOf(SessionDataInvalid)
      // @ts-expect-error a Map is what session.raw.update takes
      await expect(session.update(new Map([["f", 6]]))).rejects.toThrow(/session.raw.update/)
    })
    const { effects } = app.auth.open({
      ...head,
      headers: [["Cookie", `sessionid=${visitor.cookies.get("sessionid")}`]]
    })
    const { delete: remove, get, keys, update } = effects.session
    expect(await Effect.runPromise(Effect.all([keys, get("b"), remove(["b"]), update({ c: 4 }), keys]))).toEqual([
      ["b", "__proto__"],
      [2],
      true,
      undefined,
      ["__proto__", "c"]
    ])
  })

  it("is written after an update with an empty object, and not after deleting a missing key", async () => {
    const visitor = browser(await application())
    await visitor.visit(({ session }) => session.set("x", 1))
    expect((await visitor.visit(({ session }) => session.update({}))).cookies).toHaveLength(1)
    expect((await visitor.visit(({ session }) => session.delete(["y", "z"]))).cookies).toEqual([])
  })

  it("returns copies: a change inside a value is stored with set, and not with save", async () => {
    const visitor = browser(await application())
    const cart = async (session: Session): Promise<Array<unknown>> => {
      const value = await session.get("cart")
      return Array.isArray(value) ? value : expect.fail("no cart")
    }
    await visitor.visit(({ session }) => session.set("cart", [1]))
    await visitor.visit(async ({ session }) => {
      const changed = await cart(session)
      changed.push(2)
      expect(await cart(session)).toEqual([1])
      await session.save()
    })
    await visitor.visit(async ({ session }) => {
      const changed = await cart(session)
      expect(changed).toEqual([1])
      changed.push(2)
      await session.set("cart", changed)
      changed.push(3)
    })
    await visitor.visit(async ({ session }) => expect(await cart(session)).toEqual([1, 2]))
  })

  it("is written with a change that the handler did not await", async () => {
    const app = await application()
    const visitor = browser(app)
    await visitor.visit(({ session }) => session.set("x", 1))
    await visitor.visit(({ session }) => void session.set("y", 2))
    await visitor.visit(async ({ session }) => expect(await session.keys()).toEqual(["x", "y"]))
  })
})

describe("typed session data", () => {
  const typed = () => {
    const stores = memory()
    return createAuth({
      secretKey: "secret-key",
      sessions: stores.sessions,
      backends: { [model]: modelBackend(stores.users) },
      sessionData: Schema.Struct({ cart: Schema.Array(Schema.Number), since: Schema.DateFromString })
    })
  }

  it("is encoded and decoded with its schema", async () => {
    const { context } = typed().open(head)
    await context.session.set("since", new Date(5))
    expect(await context.session.get("since")).toEqual(new Date(5))
    expect(await context.session.raw.get("since")).toBe('"1970-01-01T00:00:00.005Z"')
  })

  it("is checked by its schema when many values are set together", async () => {
    const { context } = typed().open(head)
    await context.session.update({ cart: [1], since: new Date(5) })
    expect(await context.session.raw.get("since")).toBe('"1970-01-01T00:00:00.005Z"')
    // @ts-expect-error a list of numbers
    const refused = await context.session.update({ since: new Date(6), cart: ["one"] }).catch((error: unknown) => error)
    expect(refused).toEqual(new SessionDataInvalid({ key: "cart", reason: "the value does not fit its schema" }))
    expect(await context.session.get("since")).toEqual(new Date(5))
    // @ts-expect-error no such key
    void typed().open(head).context.session.update({ other: 1 })
  })

  it("that does not match is an error that names the key, and is kept", async () => {
    const { context } = typed().open(head)
    await context.session.raw.update(new Map([["cart", (await someText()).get("private")!]]))
    const refused = await context.session.get("cart").catch((error: unknown) => error)
    expect(refused).toEqual(new SessionDataInvalid({ key: "cart", reason: "what is stored does not fit its schema" }))
    expect(await context.session.raw.get("cart")).toBe('"private"')
  })

  it("is not stored as a text that is not exactly one JSON value, and no other key of the same call is", async () => {
    const app = await application()
    const visitor = browser(app)
    const update = (session: Session, values: unknown) =>
      Reflect.apply(session.raw.update, undefined, [values]).catch((error: unknown) => error)
    await visitor.visit(async ({ session }) => {
      for (const text of [
        '1,"_auth_user_id":"1"',
        '1,"":2',
        "1}",
        '1},{"a":2',
        "",
        " ",
        "1 2",
        "undefined",
        "{'a':1}",
        '"\n"',
        "\ufeff1",
        "01",
        `${"[".repeat(501)}${"]".repeat(501)}`,
        1,
        { toString: () => "1" }
      ]) {
        const refused = await update(
          session,
          new Map<string, unknown>([
            ["a", "1"],
            ["b", text]
          ])
        )
        expect(refused).toBeInstanceOf(SessionDataInvalid)
        expect(refused).toMatchObject({ key: "b" })
      }
      for (const values of [undefined, null, {}, [["a", "1"]], new Map<unknown, unknown>([[1, "1"]])])
        expect(await update(session, values)).toBeInstanceOf(SessionDataInvalid)
      expect(await session.keys()).toEqual([])
      await update(session, new Map([["é", ' {"ü": [1.0,\t"\ud800"] } ']]))
    })
    await visitor.visit(async ({ session }) => {
      expect(await session.get("é")).toEqual({ ü: [1, "\ud800"] })
      expect(await session.raw.get("é")).toBe('{"\\u00fc": [1.0,\t"\\ud800"] }')
      expect(await session.keys()).toEqual(["é"])
    })
  })

  const someText = async () => {
    const { context } = (await application()).auth.open(head)
    await context.session.set("private", "private")
    return context.session.raw.all()
  }
})
