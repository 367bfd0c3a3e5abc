import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Binding from "../../../src/core/device-bound/device-binding.ts"
import { closes, isExempt, judge } from "../../../src/core/device-bound/device-verdict.ts"
import * as ShortCookie from "../../../src/core/device-bound/short-cookie.ts"
import * as Json from "../../../src/core/json/json-text.ts"
import * as Data from "../../../src/core/json/session-data.ts"
import { boundSince, dataWith, id, now, offered, otherId, settings, settingsWith } from "./device-scene.ts"

const good = ShortCookie.mint(settings, id, now).value
const others = ShortCookie.mint(settings, otherId, now).value
const foreign = ShortCookie.mint(settingsWith({}, "another secret"), id, now).value

describe("the verdict about a request", () => {
  it.each<[string, Data.SessionData, string | undefined, string]>([
    ["no binding", Data.empty, undefined, "Unbound"],
    ["no binding, a short cookie", Data.empty, good, "Unbound"],
    ["offered now", dataWith(offered(now)), undefined, "Pending"],
    ["offered ten seconds ago", dataWith(offered(now - 10_000)), undefined, "Pending"],
    ["offered longer ago", dataWith(offered(now - 10_001)), undefined, "Unregistered"],
    ["offered, with a short cookie of this binding", dataWith(offered(now - 10_001)), good, "Unregistered"],
    ["a device, and its short cookie", dataWith(boundSince(now - 99_000)), good, "Proven"],
    ["a device for ten seconds, no short cookie", dataWith(boundSince(now - 10_000)), undefined, "Settling"],
    ["a device for ten seconds, another's cookie", dataWith(boundSince(now - 10_000)), others, "Settling"],
    ["a device for longer, no short cookie", dataWith(boundSince(now - 10_001)), undefined, "Unproven"],
    ["a device for longer, another's cookie", dataWith(boundSince(now - 10_001)), others, "Unproven"],
    ["a device for longer, a cookie of another secret", dataWith(boundSince(now - 10_001)), foreign, "Unproven"],
    ["something else in place of the binding", Data.of([[Binding.dataKey, Json.write("x")]]), good, "Unproven"]
  ])("%s: %s", (_, data, shortCookie, verdict) => {
    expect(judge(settings, data, { shortCookie, arrivedAt: now })).toBe(verdict)
  })

  it.each([
    ["Unproven", true, "enforce", "allow", true],
    ["Unproven", true, "observe", "end", false],
    ["Unbound", true, "enforce", "allow", false],
    ["Unbound", true, "enforce", "end", true],
    ["Unregistered", true, "enforce", "end", true],
    ["Unbound", false, "enforce", "end", false],
    ["Pending", true, "enforce", "end", false],
    ["Settling", true, "enforce", "end", false],
    ["Proven", true, "enforce", "end", false]
  ] as const)("%s, user %s, %s, %s: closed %s", (verdict, hasUser, mode, unbound, isClosed) => {
    expect(closes({ mode, unbound }, verdict, hasUser)).toBe(isClosed)
  })
})

describe("the table at the head of the verdict", () => {
  const head = readFileSync(join(import.meta.dirname, "../../../src/core/device-bound/device-verdict.ts"), "utf8")
  const [, , ...rows] = Array.from(head.matchAll(/^ \* \|(.*)\|$/gm), ([, row = ""]) =>
    row.split("|").map((cell) => cell.trim())
  )
  const sessions: Readonly<Record<string, Data.SessionData>> = {
    "no binding": Data.empty,
    "offered, at most `graceSeconds`": dataWith(offered(now - 10_000)),
    "offered, longer ago": dataWith(offered(now - 10_001)),
    "a device": dataWith(boundSince(now - 99_000)),
    "a device for `graceSeconds`": dataWith(boundSince(now - 10_000)),
    "a device for longer": dataWith(boundSince(now - 10_001)),
    malformed: Data.of([[Binding.dataKey, Json.write("x")]])
  }
  const shortCookies: Readonly<Record<string, ReadonlyArray<string | undefined>>> = {
    any: [undefined, good, others],
    "valid for this binding": [good],
    "none, or any other": [undefined, others, foreign]
  }

  it("has a row for each kind of session data", () => {
    expect(new Set(rows.map(([data]) => data))).toEqual(new Set(Object.keys(sessions)))
  })

  it.each(rows)("%s, short cookie %s: %s, closed: %s", (data = "", cookie = "", verdict = "", closed = "") => {
    for (const shortCookie of shortCookies[cookie] ?? [])
      expect(judge(settings, sessions[data] ?? Data.empty, { shortCookie, arrivedAt: now })).toBe(verdict)
    expect(shortCookies[cookie]).toBeDefined()
    const closesTo = (unbound: "allow" | "end", hasUser: boolean) =>
      verdicts.some((one) => one === verdict && closes({ mode: "enforce", unbound }, one, hasUser))
    const [always, ifEnd] = [closed === "yes", closed !== "no"]
    expect([closesTo("allow", true), closesTo("end", true), closesTo("end", false)]).toEqual([always, ifEnd, always])
  })
})

const verdicts = ["Unbound", "Pending", "Unregistered", "Proven", "Settling", "Unproven"] as const

describe("a short cookie", () => {
  it("is accepted for its life and a minute more, by the clock of any server", () => {
    const ends = now + 660_000
    expect([ends - 1, ends, ends + 1].map((at) => ShortCookie.accepts(settings, id, good, at))).toEqual([
      true,
      true,
      false
    ])
    expect(ShortCookie.accepts(settings, id, good, now - 60_000)).toBe(true)
  })

  it("keeps its expiry if the setting becomes shorter, and is accepted with the key before", () => {
    expect(ShortCookie.accepts(settingsWith({ cookieSeconds: 300 }), id, good, now + 600_000)).toBe(true)
    expect(ShortCookie.accepts(settingsWith({}, "new", ["secret"]), id, good, now)).toBe(true)
    expect(ShortCookie.accepts(settingsWith({}, "new"), id, good, now)).toBe(false)
  })

  it.each([
    "",
    ".",
    "..",
    `${id}.9999999999`,
    good.replace(/\.\d+\./, ".9999999999."),
    `${good}.x`,
    `x.${good}`
  ])("%j proves nothing", (value) => {
    expect(ShortCookie.accepts(settings, id, value, now)).toBe(false)
  })
})

describe("exempt paths", () => {
  it.each(["/static", "/static/", "/static/a.css?x=/y"])("%s is one", (path) => {
    expect(isExempt(["/static"], path)).toBe(true)
  })
  it.each([
    "/statics",
    "/",
    "/static/../account",
    "/static/..",
    "/static/%2e%2e/account",
    "/static//account",
    "/static/..;/account",
    "/static\\..\\account",
    "http://example.com/static"
  ])("%s is none", (path) => {
    expect(isExempt(["/static"], path)).toBe(false)
  })
})
