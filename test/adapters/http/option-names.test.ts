/** Adapter options as JavaScript passes them: each mistake is an error when the application starts. */
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { effectAuth } from "../../../src/adapters/http/effect-http.ts"
import { withAuth as fetchAuth } from "../../../src/adapters/http/fetch.ts"
import { honoAuth } from "../../../src/adapters/http/hono.ts"
import { koaAuth } from "../../../src/adapters/http/koa.ts"
import { withAuth as routeAuth } from "../../../src/adapters/http/next/handlers/route.ts"
import { serverAction } from "../../../src/adapters/http/next/handlers/server-action.ts"
import { loginProxy } from "../../../src/adapters/http/next/proxy.ts"
import { connectAccounts } from "../../../src/adapters/http/node/node-accounts.ts"
import { connectAuth, nodeAuth } from "../../../src/adapters/http/node.ts"
import { memory } from "../../../src/adapters/store/memory.ts"

const stores = memory()
const auth = createAuth({
  secretKey: "s",
  sessions: stores.sessions,
  backends: { model: modelBackend(stores.users) }
})

/** Options without type checking. */
const untyped = (options: unknown) => JSON.parse(JSON.stringify(options))

const respond = async () => new Response()
const action = serverAction({
  headers: async () => new Headers(),
  cookies: () => Promise.reject(new Error("not asked for")),
  redirect: () => {
    throw new Error("not asked for")
  }
})

const adapters: Readonly<Record<string, (options: unknown) => unknown>> = {
  nodeAuth: (options) => nodeAuth(auth, () => {}, untyped(options)),
  connectAuth: (options) => connectAuth(auth, untyped(options)),
  koaAuth: (options) => koaAuth(auth, untyped(options)),
  honoAuth: (options) => honoAuth(auth, untyped(options)),
  effectAuth: (options) => effectAuth(auth, untyped(options)),
  "withAuth of latchkey/fetch": (options) => fetchAuth(auth, respond, untyped(options)),
  "withAuth of latchkey/next": (options) => routeAuth(auth, respond, untyped(options))
}

const problemOf = (run: () => unknown): string => {
  try {
    run()
    return "none"
  } catch (error) {
    return error instanceof ConfigurationInvalid ? error.message : String(error)
  }
}

describe.each(Object.entries(adapters))("%s", (_, adapter) => {
  it("refuses unknown options, and values of another type, before any request", () => {
    expect(problemOf(() => adapter({ csrfexempt: true }))).toContain(
      "csrfexempt: there is no such option; did you mean csrfExempt?"
    )
    expect(problemOf(() => adapter({ loginRequired: "false" }))).toBe(
      "loginRequired: write true or false, or a function"
    )
    expect(problemOf(() => adapter({ csrfExempt: 1 }))).toBe("csrfExempt: write true or false, or a function")
    expect(problemOf(() => adapter({ onError: "503" }))).toBe("onError: write a function")
    expect(problemOf(() => adapter({ loginRequired: true, csrfExempt: false }))).toBe("none")
  })
})

describe("the first argument", () => {
  const mounts: Readonly<Record<string, (given: typeof auth) => unknown>> = {
    nodeAuth: (given) => nodeAuth(given, () => {}),
    connectAuth,
    connectAccounts,
    koaAuth,
    honoAuth,
    effectAuth,
    "withAuth of latchkey/fetch": (given) => fetchAuth(given, respond),
    "withAuth of latchkey/next": (given) => routeAuth(given, respond),
    withAuthAction: (given) => action(given, () => {})
  }

  it.each(Object.entries(mounts))("of %s is what createAuth returned, and not a promise of it", (_, mount) => {
    for (const given of [{}, Promise.resolve(auth), undefined, null])
      expect(problemOf(() => Reflect.apply(mount, undefined, [given]))).toBe(
        "auth: write what createAuth returned; if that is in a promise, await it first"
      )
    expect(problemOf(() => mount(auth))).toBe("none")
  })
})

describe("options of one adapter alone", () => {
  it("are accepted by that adapter only", () => {
    expect(problemOf(() => fetchAuth(auth, respond, { throwResponses: true, isResponse: () => false }))).toBe("none")
    expect(problemOf(() => fetchAuth(auth, respond, untyped({ throwResponses: "yes" })))).toContain("throwResponses")
    expect(problemOf(() => action(auth, () => {}, untyped({ loginRequired: 1 })))).toBe(
      "loginRequired: write true or false"
    )
    expect(problemOf(() => action(auth, () => {}, untyped({ csrfExempt: true })))).toContain(
      "csrfExempt: there is no such option"
    )
    expect(problemOf(() => loginProxy(untyped({ login_url: "/login" })))).toContain("there is no option login_url")
    expect(problemOf(() => loginProxy(untyped({ loginUrl: 5 })))).toContain("loginUrl: write a string")
    for (const loginUrl of ["", "login", "javascript:alert(1)"])
      expect(problemOf(() => loginProxy({ loginUrl }))).toContain("loginUrl is not a path")
    expect(problemOf(() => loginProxy({ loginUrl: "https://login.example/" }))).toBe("none")
  })
})
