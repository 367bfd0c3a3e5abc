/** Vectors: a real Django's answers for users with one permission, superusers, inactive and anonymous users. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Permissions from "../../../src/core/permissions/permissions.ts"
import vectors from "../../vectors/permissions.json" with { type: "json" }

const grants = (fields: Partial<Permissions.Grants> = {}): Permissions.Grants => ({
  isActive: true,
  isSuperuser: false,
  user: new Set(["auth.add_user"]),
  group: new Set(["blog.view_post"]),
  ...fields
})
const never: Permissions.DecidesItself = { perm: false, objectPerm: false, modulePerms: false }
const always: Permissions.DecidesItself = { perm: true, objectPerm: true, modulePerms: true }
const granting = (granted: Permissions.Granted, backend = "model"): Permissions.BackendGrants => ({
  backend,
  decidesItself: never,
  grants: granted
})
const judging = (backend: string, judges = always): Permissions.BackendGrants => ({
  backend,
  decidesItself: judges,
  grants: undefined
})

const perm = (permission: string, isAboutObject = false): Permissions.Question => ({
  _tag: "Perm",
  permission,
  isAboutObject
})
const module = (appLabel: string): Permissions.Question => ({ _tag: "ModulePerms", appLabel })
const said = (...each: ReadonlyArray<readonly [string, Permissions.Verdict]>) => new Map(each)
const decide = (subject: Permissions.GrantsByBackend, question: Permissions.Question, heard = said()) =>
  Permissions.decide(subject, question, heard)
const yes = { _tag: "Decided", holds: true }
const no = { _tag: "Decided", holds: false }
const ask = (backend: string) => ({ _tag: "Ask", backend })

describe("permissions", () => {
  const all = new Set(Array.from({ length: vectors.data["total permissions"] }, (_, n) => `auth.p${n}`))
  const addUser = new Set(["auth.add_user"])
  const viewUser = new Set(["auth.view_user"])
  const none = Permissions.nothing
  const subjects = {
    "user perm": [granting(grants({ user: addUser, group: none }))],
    "group perm": [granting(grants({ user: none, group: viewUser }))],
    superuser: [granting(grants({ isSuperuser: true, user: all, group: all }))],
    "inactive user perm": [granting(grants({ isActive: false, user: addUser, group: none }))],
    "inactive superuser": [granting(grants({ isActive: false, isSuperuser: true, user: all, group: all }))],
    anonymous: []
  } satisfies Partial<Record<keyof typeof vectors.data, Permissions.GrantsByBackend>>

  it.each([
    "user perm",
    "group perm",
    "superuser",
    "inactive user perm",
    "inactive superuser",
    "anonymous"
  ] as const)("are those of Django: %s", (label) => {
    const subject: Permissions.GrantsByBackend = subjects[label]
    const expected = vectors.data[label]
    const sets = subject.map((voice) => voice.grants)
    const listed = (kind: Permissions.Kind) => [...Permissions.granted(sets, kind)]
    const shown = (kind: "user" | "group") => (typeof expected[kind] === "number" ? listed(kind).length : listed(kind))
    expect({
      user: shown("user"),
      group: shown("group"),
      all: listed("all").length,
      "has auth.add_user": decide(subject, perm("auth.add_user")),
      "has nope.nope": decide(subject, perm("nope.nope")),
      "has with obj": decide(subject, perm("auth.add_user", true)),
      "module auth": decide(subject, module("auth")),
      "module nope": decide(subject, module("nope"))
    }).toEqual({
      user: expected.user,
      group: expected.group,
      all: expected.all,
      "has auth.add_user": expected["has auth.add_user"] ? yes : no,
      "has nope.nope": expected["has nope.nope"] ? yes : no,
      "has with obj": expected["has with obj"] ? yes : no,
      "module auth": expected["module auth"] ? yes : no,
      "module nope": expected["module nope"] ? yes : no
    })
  })

  it("are those granted directly and through groups", () => {
    expect([...Permissions.granted([grants()], "user")]).toEqual(["auth.add_user"])
    expect([...Permissions.granted([grants()], "group")]).toEqual(["blog.view_post"])
    expect([...Permissions.granted([grants()], "all")]).toEqual(["auth.add_user", "blog.view_post"])
    expect(decide([granting(grants())], perm("blog.view_post"))).toEqual(yes)
    expect(decide([granting(grants())], perm("blog.add_post"))).toEqual(no)
  })

  it("come from every backend that grants permissions", () => {
    const shop = grants({ user: new Set(["shop.sell"]), group: none })
    const two = [granting(grants()), granting(undefined), granting(shop)]
    for (const permission of ["auth.add_user", "shop.sell"]) expect(decide(two, perm(permission))).toEqual(yes)
    expect(decide(two, perm("shop.buy"))).toEqual(no)
    expect([...Permissions.granted([grants(), undefined, shop], "all")]).toEqual([
      "auth.add_user",
      "blog.view_post",
      "shop.sell"
    ])
  })

  it("belong to the app before the first dot", () => {
    const odd = [granting(grants({ user: new Set(["a.b.c"]), group: none }))]
    expect(decide(odd, module("a"))).toEqual(yes)
    expect(decide(odd, module("a.b"))).toEqual(no)
  })

  it("are named with exactly one dot where users are searched by them", () => {
    expect(Permissions.parse("auth.add_user")).toEqual({ appLabel: "auth", codename: "add_user" })
    for (const wrong of ["add_user", "a.b.c", ""]) expect(Permissions.parse(wrong)).toBeUndefined()
  })
})

describe("a backend with its own rules", () => {
  const before = [judging("rules"), granting(grants())]
  const after = [granting(grants()), judging("rules")]

  it("is asked in order, and the first backend that grants ends the search", () => {
    expect(decide(before, perm("auth.add_user"))).toEqual(ask("rules"))
    expect(decide(after, perm("auth.add_user"))).toEqual(yes)
    expect(decide(after, perm("shop.sell"))).toEqual(ask("rules"))
    expect(decide(after, perm("shop.sell"), said(["rules", "Granted"]))).toEqual(yes)
  })

  it("leaves the decision to the other backends when it declines", () => {
    expect(decide(before, perm("auth.add_user"), said(["rules", "Declined"]))).toEqual(yes)
    expect(decide(before, perm("shop.sell"), said(["rules", "Declined"]))).toEqual(no)
  })

  it("ends the search when it denies, for permissions, objects and apps", () => {
    for (const question of [perm("auth.add_user"), perm("auth.add_user", true), module("auth")]) {
      expect(decide(before, question, said(["rules", "Denied"]))).toEqual(no)
      expect(
        decide([judging("rules"), judging("lax")], question, said(["rules", "Denied"], ["lax", "Granted"]))
      ).toEqual(no)
    }
  })

  it("cannot deny what an earlier one granted, nor anything to an active superuser", () => {
    expect(decide(after, perm("auth.add_user"), said(["rules", "Denied"]))).toEqual(yes)
    const superuser = [judging("rules"), granting(grants({ isSuperuser: true }))]
    for (const question of [perm("nope.nope"), perm("nope.nope", true), module("nope")])
      expect(decide(superuser, question, said(["rules", "Denied"]))).toEqual(yes)
  })

  it("is asked only the questions for which it has a function", () => {
    const objects = [judging("objects", { perm: false, objectPerm: true, modulePerms: false })]
    expect(decide(objects, perm("a.b", true))).toEqual(ask("objects"))
    expect(decide(objects, perm("a.b"))).toEqual(no)
    expect(decide(objects, module("a"))).toEqual(no)
  })

  it("is asked each question only once, for every answer", () => {
    const verdict = fc.constantFrom<Permissions.Verdict>("Granted", "Declined", "Denied")
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 6 }), (verdicts) => {
        const subject = verdicts.map((_, n) => judging(`b${n}`))
        const heard = new Map<string, Permissions.Verdict>()
        let decision = decide(subject, perm("a.b"), heard)
        while (decision._tag === "Ask") {
          expect(heard.has(decision.backend)).toBe(false)
          heard.set(decision.backend, verdicts[heard.size]!)
          decision = decide(subject, perm("a.b"), heard)
        }
        const decisive = verdicts.find((one) => one !== "Declined")
        expect(decision.holds).toBe(decisive === "Granted")
        expect(heard.size).toBe(decisive === undefined ? verdicts.length : verdicts.indexOf(decisive) + 1)
      })
    )
  })
})

describe("a backend that denies its grants", () => {
  it("ends the list of permissions, and the search", () => {
    expect([...Permissions.granted([grants(), "Denied", grants({ user: new Set(["shop.sell"]) })], "user")]).toEqual([
      "auth.add_user"
    ])
    const subject = [granting("Denied"), granting(grants(), "other")]
    for (const question of [perm("auth.add_user"), module("auth")]) expect(decide(subject, question)).toEqual(no)
  })
})
