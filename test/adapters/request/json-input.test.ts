/** Public operations, given any value that `await request.json()` may return: none is reported as a bug. */
import { randomUUID } from "node:crypto"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import type { AuthContext } from "../../../src/adapters/api/per-request/promises.ts"
import { failureResponse } from "../../../src/adapters/http/failure-response.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  userAttributeSimilarity
} from "../../../src/core/password/validators.ts"
import { type Application, application } from "./site.ts"

/** The operations without argument types, as JavaScript code may call them. */
type Unchecked = Readonly<Record<string, (...args: ReadonlyArray<unknown>) => unknown>>

interface Given {
  readonly context: Unchecked
  readonly session: Unchecked
  readonly auth: Unchecked
  readonly user: MemoryUser
}

type Operation = (given: Given, value: unknown) => unknown

const operations: Readonly<Record<string, Operation>> = {
  authenticate: ({ context }, value) => context["authenticate"]?.(value),
  "authenticate by a password": ({ context }, value) =>
    context["authenticate"]?.({ username: "alice", password: value }),
  "authenticate by a name": ({ context }, value) => context["authenticate"]?.({ username: value, password: "alice's" }),
  verifyCsrf: ({ context }, value) => context["verifyCsrf"]?.(value),
  nextUrl: ({ context }, value) => context["nextUrl"]?.(value),
  redirectToNext: ({ context }, value) => context["redirectToNext"]?.("/", value),
  "redirectToNext otherwise": ({ context }, value) => context["redirectToNext"]?.(value),
  setPassword: ({ context, user }, value) => context["setPassword"]?.(user, value),
  hasPerm: ({ context }, value) => context["hasPerm"]?.(value),
  "hasPerm on an object": ({ context }, value) => context["hasPerm"]?.("a.b", value),
  "hasPerms in a list": ({ context }, value) => context["hasPerms"]?.([value]),
  hasModulePerms: ({ context }, value) => context["hasModulePerms"]?.(value),
  "session.get": ({ session }, value) => session["get"]?.(value),
  "session.set a key": ({ session }, value) => session["set"]?.(value, 1),
  "session.set a value": ({ session }, value) => session["set"]?.("a", value),
  "session.update": ({ session }, value) => session["update"]?.(value),
  "session.update of a value": ({ session }, value) => session["update"]?.({ a: value }),
  "session.delete of a list": ({ session }, value) => session["delete"]?.([value]),
  "session.has": ({ session }, value) => session["has"]?.(value),
  "session.delete": ({ session }, value) => session["delete"]?.(value),
  "session.pop": ({ session }, value) => session["pop"]?.(value),
  "session.setDefault": ({ session }, value) => session["setDefault"]?.("b", value),
  "session.setDefault a key": ({ session }, value) => session["setDefault"]?.(value, 1),
  "session.setExpiry": ({ session }, value) => session["setExpiry"]?.(value),
  createUser: ({ auth }, value) => auth["createUser"]?.(value),
  "createUser by a name": ({ auth }, value) => auth["createUser"]?.({ username: value, password: "x" }),
  "createUser with a password": ({ auth }, value) => auth["createUser"]?.({ username: unused(), password: value }),
  "createUser with an address": ({ auth }, value) => auth["createUser"]?.({ username: unused(), email: value }),
  checkPassword: ({ auth, user }, value) => auth["checkPassword"]?.(user, value),
  "setPassword outside": ({ auth, user }, value) => auth["setPassword"]?.(user, value),
  validatePassword: ({ auth, user }, value) => auth["validatePassword"]?.(value, user),
  passwordResetRecipients: ({ auth }, value) => auth["passwordResetRecipients"]?.(value),
  passwordResetUser: ({ auth }, value) => auth["passwordResetUser"]?.(value),
  checkPasswordResetToken: ({ auth, user }, value) => auth["checkPasswordResetToken"]?.(user, value),
  "login of what authenticate found": async ({ context }, value) =>
    context["login"]?.(await context["authenticate"]?.({ username: "alice", password: value }))
}

const unused = (): string => randomUUID()

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth))

const values: ReadonlyArray<readonly [string, unknown]> = [
  ["undefined", undefined],
  ["50,000 arrays in each other", nested(50_000)],
  ...[
    "null",
    "true",
    "0",
    "-1.5",
    "1e400",
    '""',
    '"\\u0000"',
    '"\\ud800"',
    "[]",
    "[[]]",
    '["username"]',
    "{}",
    '{"username":null,"password":null}',
    '{"username":{"$ne":null},"password":{"$ne":null}}',
    '{"username":["alice"],"password":["alice\'s"]}',
    '{"__proto__":{"username":"alice","password":"alice\'s"}}',
    '{"constructor":1,"toString":1,"then":1,"length":-1,"getAll":1}'
  ].map((text) => [text, JSON.parse(text)] as const)
]

let site: Application
beforeAll(async () => {
  site = await application({
    passwordValidators: [
      userAttributeSimilarity(),
      minimumLength(),
      commonPassword(new Set(["x"])),
      notEntirelyNumeric()
    ]
  })
})

/** Whether an operation and the response after it succeed, or fail with a status below 500. */
const outcomeOf = async (operation: Operation, value: unknown): Promise<string> => {
  const request = site.auth.open({
    method: "POST",
    target: "/",
    headers: [["Host", "localhost"]],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const { context } = request
  await request.enter({ body: undefined, exempt: () => true, loginRequired: undefined })
  const user = (await context.authenticate({ username: "bob", password: "bob's" })) ?? expect.fail("no bob")
  const alice = (await site.auth.passwordResetUser(site.auth.passwordResetUid({ ...user, id: 1 }))) ?? expect.fail()
  await context.login(user)
  try {
    await operation(
      {
        context: context as AuthContext<MemoryUser, AnyFields> as unknown as Unchecked,
        session: context.session as unknown as Unchecked,
        auth: site.auth as unknown as Unchecked,
        user: alice
      },
      value
    )
    await request.respond(200)
    return "answered"
  } catch (error) {
    const failure = failureResponse(error)
    if (failure === undefined) return `a bug: ${error}`
    return failure.status < 500 ? "answered" : `${failure.status}: ${error}`
  }
}

describe.each(Object.entries(operations))("%s", (_, operation) => {
  it.each(values)("takes %s", async (_, value) => {
    expect(await outcomeOf(operation, value)).toBe("answered")
  })

  it("takes any JSON", () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await outcomeOf(operation, value)).toBe("answered")
      }),
      { numRuns: 20 }
    ))
})

describe("credentials", () => {
  it.each(values)("of %s belong to no user, and log no user in", async (_, value) => {
    const request = site.auth.open({
      method: "GET",
      target: "/",
      headers: [],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    const context = request.context as unknown as Unchecked
    const user = await context["authenticate"]?.(value)
    expect(user).toBeUndefined()
    await expect(context["login"]?.(user)).rejects.toMatchObject({ _tag: "BadRequest" })
    expect(await request.context.getUser()).toBeUndefined()
  })
})
