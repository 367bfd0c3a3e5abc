/** Mistakes in the option `throttle`. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"

describe("the option throttle", () => {
  const refused = (throttle: unknown) => () =>
    createAuth({
      ...Object({ throttle }),
      secretKey: "secret-key",
      sessions: memory().sessions,
      backends: { m: modelBackend(memory().users) }
    })
  const store = memoryThrottle()

  it.each([
    ["throttle.store is missing", {}],
    ["throttle: write an object", 5],
    [
      "throttle.store: write a throttle store, as postgresThrottle({ client: pg.client }) or memoryThrottle()",
      { store: {} }
    ],
    ["throttle.fallbackStore: write a throttle store, as memoryThrottle()", { store, fallbackStore: "open" }],
    ["throttle.account.freeFailures must be a whole number from 1 to 100", { store, account: { freeFailures: 0 } }],
    [
      "throttle.network.maximumSeconds must be a whole number from 1 to 86400",
      { store, network: { maximumSeconds: 1e9 } }
    ],
    [
      "throttle.device.forgetSeconds must be a whole number above maximumSeconds",
      { store, device: { forgetSeconds: 900 } }
    ],
    ["throttle.accounts: there is no such option; did you mean account?", { store, accounts: {} }],
    ["throttle.account.free: there is no such option", { store, account: { free: 1 } }],
    ["throttle.cookie.ageSeconds must be a whole number of seconds above 0", { store, cookie: { ageSeconds: 0 } }],
    ["throttle.cookie.name: browsers refuse", { store, cookie: { name: "__Host-known" } }],
    ["throttle.cookie.name: browsers refuse", { store, cookie: { name: "__Host-known", secure: true, path: "/a" } }],
    ["throttle.cookie.partitioned: ", { store, cookie: { partitioned: true } }],
    ["throttle.cookie.name: the session cookie has this name too", { store, cookie: { name: "sessionid" } }],
    ["throttle.cookie.name: the CSRF cookie has this name too", { store, cookie: { name: "csrftoken" } }]
  ])("%s", (message, throttle) => {
    expect(refused(throttle)).toThrow(message)
  })
})
