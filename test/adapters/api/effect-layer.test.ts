import { inspect } from "node:util"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import type { Auth } from "../../../src/adapters/api/auth.ts"
import { type LayerOptions, layer, scopedStores, settingsFromConfig } from "../../../src/adapters/api/effect-layer.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory } from "../../../src/adapters/store/memory.ts"
import { postgres } from "../../../src/adapters/store/postgres.ts"
import { model } from "../request/site.ts"

class SiteAuth extends Context.Service<SiteAuth, Auth<MemoryUser, AnyFields>>()("test/SiteAuth") {}

const from = (env: Record<string, string>) =>
  Effect.provideService(settingsFromConfig, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

const stores = memory()
const options: LayerOptions<MemoryUser, AnyFields> = {
  secretKey: Redacted.make("secret-key"),
  sessions: stores.sessions,
  backends: { [model]: modelBackend(stores.users) }
}

describe("settings from Config", () => {
  it("have the names of Django's settings, and lists are separated by commas", async () => {
    const settings = await Effect.runPromise(
      from({
        SECRET_KEY: "one",
        SECRET_KEY_FALLBACKS: "two,three",
        ALLOWED_HOSTS: "a.example, b.example,",
        CSRF_TRUSTED_ORIGINS: "https://c.example"
      })
    )
    expect(Redacted.value(settings.secretKey)).toBe("one")
    expect(settings.secretKeyFallbacks.map((key) => Redacted.value(key))).toEqual(["two", "three"])
    expect(settings).toMatchObject({
      allowedHosts: ["a.example", "b.example"],
      csrfTrustedOrigins: ["https://c.example"]
    })
  })

  it("need a secret key only", async () => {
    expect(Object.keys(await Effect.runPromise(from({ SECRET_KEY: "one" })))).not.toContain("allowedHosts")
    const missing = await Effect.runPromiseExit(from({}))
    expect(inspect(missing, { depth: 9 })).toContain("SECRET_KEY")
    expect(Exit.isFailure(missing)).toBe(true)
  })

  it("do not print secrets", async () => {
    const settings = await Effect.runPromise(from({ SECRET_KEY: "xyzzy", SECRET_KEY_FALLBACKS: "plugh" }))
    expect(`${inspect(settings, { depth: 9 })}${JSON.stringify(settings)}`).not.toMatch(/xyzzy|plugh/)
  })
})

describe("the layer", () => {
  it("provides the authentication, made from other services and Config", async () => {
    const made = layer(
      SiteAuth,
      Effect.map(from({ SECRET_KEY: "one" }), (settings) => ({ ...options, ...settings }))
    )
    const user = await Effect.runPromise(
      Effect.flatMap(SiteAuth, (auth) => auth.accounts.createUser({ username: "alice", password: "alice's" })).pipe(
        Effect.provide(made)
      )
    )
    expect(user?.username).toBe("alice")
  })

  it("fails with the names of the invalid settings, and without the secret", async () => {
    const invalid = layer(SiteAuth, { ...options, secretKey: Redacted.make("xyzzy"), loginUrl: "" })
    const exit = await Effect.runPromiseExit(Effect.scoped(Layer.build(invalid)))
    const error = Exit.isFailure(exit) ? inspect(exit.cause, { depth: 9 }) : ""
    expect(error).toContain("ConfigurationInvalid")
    expect(error).toContain("loginUrl")
    expect(error).not.toContain("xyzzy")
  })

  it.each([
    ["a secret key that is not redacted", { ...options, secretKey: "xyzzy" }, "secretKey: write Redacted.make"],
    ["fallbacks that are not redacted", { ...options, secretKeyFallbacks: ["xyzzy"] }, "secretKeyFallbacks: write"],
    ["fallbacks that are no array", { ...options, secretKeyFallbacks: "xyzzy" }, "secretKeyFallbacks: write"],
    ["no secret key", { ...options, secretKey: undefined }, "secretKey is missing"],
    [
      "a redacted key that is no string",
      { ...options, secretKey: Redacted.make(["xyzzy"]) },
      "secretKey: write a string"
    ],
    ["no options", undefined, "options: write an object"]
  ])("fails for %s, and says what to write", async (_, given, problem) => {
    const made: Layer.Layer<SiteAuth, ConfigurationInvalid> = Reflect.apply(layer, undefined, [SiteAuth, given])
    const exit = await Effect.runPromiseExit(Effect.scoped(Layer.build(made)))
    const error = Exit.isFailure(exit) ? inspect(exit.cause, { depth: 9 }) : ""
    expect(error).toContain("ConfigurationInvalid")
    expect(error).toContain(problem)
    expect(error).not.toContain("xyzzy")
  })

  it("removes expired sessions as an effect", async () => {
    const cleared = Effect.flatMap(SiteAuth, (auth) => auth.clearSessionsEffect)
    expect(await Effect.runPromise(Effect.provide(cleared, layer(SiteAuth, options)))).toBe(0)
  })
})

describe("stores in a scope", () => {
  it("are closed when the scope ends", async () => {
    const closed: Array<string> = []
    const store = (name: string) => ({ name, close: async () => void closed.push(name) })
    const used = Effect.scoped(
      Effect.map(
        scopedStores(() => store("one")),
        ({ name }) => [name, [...closed]]
      )
    )
    expect(await Effect.runPromise(used)).toEqual(["one", []])
    expect(closed).toEqual(["one"])
  })

  it("fail for invalid options", async () => {
    const invalid = Effect.scoped(scopedStores(() => postgres({ url: "mysql://localhost/db" })))
    expect(await Effect.runPromise(Effect.flip(invalid))).toBeInstanceOf(ConfigurationInvalid)
  })
})
