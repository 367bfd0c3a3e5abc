/** Options as JavaScript passes them: by any name and of any kind. Each mistake is an error at the start. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import { defineBackend } from "../../../../src/adapters/backend/define-backend.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { permissionBackend } from "../../../../src/adapters/backend/permission-rules.ts"
import { remoteUserBackend } from "../../../../src/adapters/backend/remote-user-backend.ts"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { scrypt } from "../../../../src/adapters/password/hashers/scrypt-hasher.ts"
import { cachedDbSessions } from "../../../../src/adapters/store/cached-db.ts"
import { fileSessions } from "../../../../src/adapters/store/file.ts"
import { memory } from "../../../../src/adapters/store/memory.ts"
import { createClient, postgres } from "../../../../src/adapters/store/postgres.ts"
import { redisClusterSessions, redisSessions } from "../../../../src/adapters/store/redis.ts"
import { signedCookieSessions } from "../../../../src/adapters/store/signed-cookies.ts"
import { minimumLength, type Validator } from "../../../../src/core/password/validators.ts"

/** Options that no compiler has seen. */
const untyped = (options: unknown) => JSON.parse(JSON.stringify(options))

const problemsOf = (run: () => unknown): ReadonlyArray<string> => {
  try {
    run()
    return []
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.problems
    throw error
  }
}

const stores = memory()
const backends = { model: modelBackend(stores.users) }
const auth = (options: unknown) =>
  problemsOf(() => createAuth({ secretKey: "s", ...untyped(options), sessions: stores.sessions, backends }))

describe("createAuth", () => {
  it.each<[unknown, string]>([
    [{ secretkey: "s" }, "secretkey: there is no such option; did you mean secretKey?"],
    [
      { SESSION_COOKIE_SECURE: true },
      "SESSION_COOKIE_SECURE: there is no such option; did you mean sessionCookie.secure?"
    ],
    [{ ALLOWED_HOSTS: [] }, "ALLOWED_HOSTS: there is no such option; did you mean allowedHosts?"],
    [{ SESSION_COOKIE_AGE: 60 }, "SESSION_COOKIE_AGE: there is no such option; did you mean sessionCookie.ageSeconds?"],
    [{ USE_X_FORWARDED_HOST: true }, "did you mean useForwardedHost?"],
    [{ store: {} }, "store: there is no such option; the options are "],
    [{ sessionCookie: { httponly: true } }, "sessionCookie.httponly: there is no such option; did you mean httpOnly?"],
    [{ sessionCookie: { maxAge: 60 } }, "sessionCookie.maxAge: there is no such option; the options are name, "],
    [{ sessionCookie: { httpOnly: 0 } }, "sessionCookie.httpOnly: write true or false"],
    [{ csrfCookie: { secure: "true" } }, "csrfCookie.secure: write true or false"],
    [{ csrfCookie: { sameSite: "lax" } }, 'csrfCookie.sameSite: write "Lax", "Strict", "None", or false'],
    [{ sessionCookie: "sid" }, "sessionCookie: write an object"],
    [{ useForwardedHost: "false" }, "useForwardedHost: write true or false"],
    [{ saveEveryRequest: 1 }, "saveEveryRequest: write true or false"],
    [{ allowedHosts: "shop.example" }, "allowedHosts: write an array of strings"],
    [{ secretKeyFallbacks: "old" }, "secretKeyFallbacks: write an array of strings"],
    [{ secretKey: 12 }, "secretKey: write a string"],
    [{ deadlineSeconds: "3" }, "deadlineSeconds: write a number"],
    [{ concurrency: "2" }, "concurrency: write a number"],
    [{ secureProxyHeader: "X-Forwarded-Proto" }, "secureProxyHeader: write the name of a header and its value"],
    [{ secureProxyHeader: ["X-Forwarded-Proto", ""] }, "secureProxyHeader: write the name of a header and its value"],
    [
      { remoteUser: { header: "X-User", persistant: true } },
      "remoteUser.persistant: there is no such option; did you mean persistent?"
    ],
    [
      { djangoVersion: { pbkdf2Iterations: 1, ignoreOrigin: true } },
      "djangoVersion.ignoreOrigin: there is no such option; did you mean ignoresOrigin?"
    ],
    [{ passwordValidators: {} }, "passwordValidators: write an array"],
    [{ passwordValidators: ["minimumLength"] }, "passwordValidators: write an array of validators"],
    [{ hashers: [] }, "hashers: write an array of hashers, as in [pbkdf2Sha256()]"],
    [{ hashers: ["md5"] }, "hashers: write an array of hashers"],
    [{ cacheControl: "public" }, 'cacheControl: write "private", "no-store", or false']
  ])("refuses %j", (options, problem) => {
    expect(auth(options)).toEqual([expect.stringContaining(problem)])
  })

  it.each<[unknown, string]>([
    [{ allowedHosts: ["shop.example:3000"] }, 'write "shop.example"'],
    [{ allowedHosts: ["*.shop.example"] }, 'write ".shop.example"'],
    [{ allowedHosts: ["https://shop.example/"] }, 'write "shop.example"'],
    [{ allowedHosts: ["::1"] }, 'write "[::1]"'],
    [{ allowedHosts: ["bücher.example"] }, 'write "xn--bcher-kva.example"'],
    [{ nextAllowedHosts: ["*.shop.example"] }, "nextAllowedHosts"],
    [{ nextAllowedHosts: ["https://shop.example"] }, "nextAllowedHosts"],
    [{ secureProxyHeader: ["HTTP_X_FORWARDED_PROTO", "https"] }, 'write the header\'s own name, "X-Forwarded-Proto"'],
    [{ csrfHeaderName: "HTTP_X_CSRFTOKEN" }, "csrfHeaderName: write the header's own name"],
    [{ csrfUseSessions: true, csrfCookie: { name: "x" } }, "csrfCookie does nothing with csrfUseSessions"],
    [{ secretKeyFallbacks: ["s"] }, "secretKeyFallbacks: one of them is secretKey itself"],
    [{ redirectFieldName: "" }, 'redirectFieldName is empty; write a name such as "next"'],
    [{ csrfTrustedOrigins: ["https://Shop.example"] }, 'write "https://shop.example"'],
    [{ csrfTrustedOrigins: ["https://shop.example:443"] }, 'write "https://shop.example"'],
    [{ csrfTrustedOrigins: ["http://*.shop.example:80"] }, 'write "http://*.shop.example"']
  ])("refuses what can do nothing: %j", (options, problem) => {
    expect(auth(options)).toEqual([expect.stringContaining(problem)])
  })

  it("takes origins as browsers send them", () => {
    const csrfTrustedOrigins = [
      "https://shop.example",
      "http://shop.example:443",
      "https://*.Shop.example:8443",
      "app://x"
    ]
    expect(auth({ csrfTrustedOrigins })).toEqual([])
  })

  it("refuses a validator that was not called", () => {
    const start = (passwordValidators: ReadonlyArray<Validator>) =>
      problemsOf(() => createAuth({ secretKey: "s", sessions: stores.sessions, backends, passwordValidators }))
    expect(start([minimumLength(), () => undefined])).toEqual([])
    expect(start([Object(minimumLength)])).toEqual([
      "passwordValidators: write an array of validators, as in [minimumLength()]"
    ])
  })

  it.each<[unknown, string]>([
    [{ name: "__host-sid" }, "secure: true"],
    [{ name: "__Http-sid", secure: true, httpOnly: false }, "httpOnly: true"],
    [{ name: "__Host-Http-sid", secure: true, httpOnly: true, domain: "a.example" }, "with a domain"],
    [{ name: "__HOST-sid", secure: true, path: "/shop" }, 'path: "/"'],
    [{ name: "n".repeat(4090) }, "too long"],
    [{ path: `/${"p".repeat(1024)}` }, "too long"],
    [{ domain: "https://shop.example" }, 'write "shop.example"'],
    [{ domain: "shop.example:3000" }, 'write "shop.example"'],
    [{ domain: "*.shop.example" }, 'write "shop.example"'],
    [{ domain: "shop.example." }, 'write "shop.example"'],
    [{ domain: "" }, "not a host name"],
    [{ domain: "[::1]" }, "not a host name"],
    [{ sameSite: "None" }, "secure: true"]
  ])("refuses a cookie that no browser stores: %j", (cookie, problem) => {
    for (const setting of ["sessionCookie", "csrfCookie"])
      expect(auth({ [setting]: cookie })).toEqual([expect.stringMatching(new RegExp(`^${setting}\\..*${problem}`))])
  })

  it("refuses a cookie domain that none of the allowed hosts is in", () => {
    const problems = (domain: string, allowedHosts: ReadonlyArray<string>) =>
      auth({ allowedHosts, sessionCookie: { domain } })
    expect(problems("shop.example", ["www.other.example"])).toEqual([expect.stringContaining("sessionCookie.domain")])
    expect(problems("www.shop.example", ["shop.example"])).toEqual([expect.stringContaining("sessionCookie.domain")])
    for (const hosts of [["shop.example"], ["www.shop.example"], [".shop.example"], ["*"], [".example", "b.example"]])
      expect(problems("shop.example", hosts)).toEqual([])
  })

  it("refuses to be called without options", () => {
    for (const options of [null, [], "s"])
      expect(problemsOf(() => createAuth(untyped(options)))).toEqual(["options: write an object"])
    expect(problemsOf(() => Reflect.apply(createAuth, undefined, []))).toEqual(["options: write an object"])
    expect(problemsOf(() => Reflect.apply(postgres, undefined, []))).toEqual(["options: write an object"])
    expect(problemsOf(() => Reflect.apply(postgres, undefined, ["postgres://localhost"]))).toEqual([
      "options: write an object, as in { url: … }"
    ])
    expect(problemsOf(() => Reflect.apply(defineBackend, undefined, []))).toEqual(["defineBackend: write an object"])
  })

  it("refuses missing and invalid stores and backends, and names the option", () => {
    const missing = problemsOf(() => createAuth(untyped({ secretKey: "s" })))
    expect(missing).toEqual([
      "sessions is missing: write a session store, as postgres(…).sessions or memory().sessions",
      'backends is missing: write an object of backends, as in { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }'
    ])
    const pg = untyped({ users: {}, sessions: {} })
    expect(problemsOf(() => createAuth({ secretKey: "s", sessions: pg, backends }))).toEqual([
      expect.stringContaining("postgres(…).sessions")
    ])
    expect(
      problemsOf(() => createAuth({ secretKey: "s", sessions: stores.sessions, backends: { model: pg } }))
    ).toEqual([expect.stringContaining("modelBackend(")])
    expect(problemsOf(() => modelBackend(pg))).toEqual([expect.stringContaining("postgres(…).users")])
  })
})

describe("auth.on", () => {
  it("refuses a signal that is never sent, and options that do not exist", () => {
    const { on } = createAuth({ secretKey: "s", sessions: stores.sessions, backends })
    const subscribe = (signal: unknown, options: unknown) =>
      problemsOf(() => on(untyped(signal), () => {}, untyped(options)))
    expect(subscribe("user_loggedin", {})).toEqual([
      "on.signal: write user_logged_in, or user_logged_out, or user_login_failed"
    ])
    expect(subscribe("user_logged_in", { when: "comitted" })).toEqual(["on.when: write during, or committed"])
    expect(subscribe("user_logged_in", { once: true })).toEqual([
      expect.stringContaining("on.once: there is no such option")
    ])
  })
})

describe("stores, hashers and backends", () => {
  const url = "postgres://user:hush@127.0.0.1:1/db"
  const directory = mkdtempSync(join(tmpdir(), "latchkey-options-"))
  it.each<[string, () => unknown, string]>([
    ["postgres", () => postgres(untyped({ url, poolSize: 3 })), "poolSize: there is no such option; the options are "],
    ["postgres", () => postgres(untyped({ url, pooler: "true" })), "pooler: write true or false"],
    ["postgres", () => postgres(untyped({ url, max: "10" })), "max: write a number"],
    [
      "postgres",
      () => postgres(untyped({ url, sessions: { tabel: "x" } })),
      "sessions.tabel: there is no such option; did you mean table?"
    ],
    [
      "postgres",
      () => postgres(untyped({ url, users: { idtype: "uuid" } })),
      "users.idtype: there is no such option; did you mean idType?"
    ],
    ["postgres", () => postgres(untyped({ url, users: { idType: "int" } })), "users.idType: write integer, or bigint"],
    [
      "postgres",
      () => postgres(untyped({ url, users: { columns: { isstaff: false } } })),
      "users.columns.isstaff: there is no such option; did you mean isStaff?"
    ],
    [
      "postgres",
      () => postgres(untyped({ url, users: { columns: { isStaff: true } } })),
      "users.columns.isStaff: write the name of a column, or false"
    ],
    [
      "postgres",
      () => postgres(untyped({ url, users: { memberships: { group: "g" } } })),
      "users.memberships.group: there is no such option; did you mean groups?"
    ],
    ["postgres", () => postgres({ client: createClient({ url }), max: 3 }), "max has no effect together with client"],
    ["postgres", () => postgres({ url, sessions: { guesses: -1 } }), "sessions.guesses: must be a whole number"],
    ["createClient", () => createClient(untyped({ url, ssl: true })), "ssl: there is no such option"],
    [
      "redisSessions",
      () => redisSessions(untyped({ keyprefix: "x" })),
      "keyprefix: there is no such option; did you mean keyPrefix?"
    ],
    ["redisSessions", () => redisSessions({ url: "redis://127.0.0.1/0?family=6" }), "without parameters"],
    ["redisSessions", () => redisSessions(untyped({ tls: "yes" })), "tls: write true or false, or an object"],
    [
      "redisClusterSessions",
      () => redisClusterSessions(untyped({ url: "redis://a" })),
      "url: there is no such option; did you mean urls?"
    ],
    [
      "cachedDbSessions",
      () => cachedDbSessions({ rows: stores.sessions, cache: untyped({}) }),
      "cache: write a session store"
    ],
    ["fileSessions", () => fileSessions(untyped({ directory, cookieage: 3 })), "cookieage: there is no such option"],
    [
      "fileSessions",
      () => fileSessions(untyped({ directory, cookieAgeSeconds: "60" })),
      "cookieAgeSeconds: write a number"
    ],
    ["signedCookieSessions", () => signedCookieSessions(untyped({ maxAge: 1 })), "maxAge: there is no such option"],
    [
      "pbkdf2Sha256",
      () => pbkdf2Sha256(untyped({ iteration: 1 })),
      "pbkdf2_sha256.iteration: there is no such option; did you mean iterations?"
    ],
    ["scrypt", () => scrypt(untyped({ N: 2 })), "scrypt.N: there is no such option"],
    [
      "modelBackend",
      () => modelBackend(stores.users, untyped({ allowInactive: "no" })),
      "modelBackend.allowInactive: write true or false"
    ],
    [
      "remoteUserBackend",
      () => remoteUserBackend(stores.users, untyped({ createUnknownUsers: false })),
      "did you mean createUnknownUser?"
    ],
    [
      "permissionBackend",
      () => permissionBackend(untyped({ hasPerms: true })),
      "permissionBackend.hasPerms: there is no such option; did you mean hasPerm?"
    ],
    ["defineBackend", () => defineBackend(untyped({ credentials: {} })), "defineBackend.authenticate is missing"]
  ])("%s refuses by name", (_, run, problem) => {
    const problems = problemsOf(run)
    expect(problems.join("\n")).toContain(problem)
    expect(problems.join("\n")).not.toContain("hush")
  })
})
