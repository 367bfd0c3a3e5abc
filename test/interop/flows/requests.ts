/** The requests that flows consist of: every row of the examples' JSON surface, with valid and invalid requests. */
import * as fc from "fast-check"
import { changePassword, expiry, login, malformed, merge, remove, unshaped, until } from "./bodies.ts"
import { csrfCookies, form, origin, sessionFor, shown, token } from "./credentials.ts"
import { type Ask, type Flow, nothing, type Step } from "./step.ts"

const get = (path: string, query = ""): Ask => ({ row: `GET ${path}`, target: path + query })
const post = (path: string, body: string): Ask => ({ row: `POST ${path}`, target: path, body })

const perms = fc.constantFrom(
  "?perm=auth.change_user",
  "?perm=auth.add_group",
  "?perm=auth.view_user",
  "?perm=sessions.delete_session",
  "?perm=no.such",
  "?perm=auth",
  "?perm=.",
  "?perm=",
  "",
  "?perm=auth%2Echange_user",
  "?perm=AUTH.change_user",
  "?perm=auth.change_user+",
  "?perm=%FF",
  "?other=1&perm=auth.change_user",
  "?perm=auth.view_user&other=1",
  "?perm=no.such&perm=auth.change_user",
  "?perm=auth.change_user&perm=no.such"
)

/** Queries that a redirect to the login page must keep. */
const carried = fc.constantFrom(
  "",
  "",
  "",
  "?",
  "?a=1&b=%2F",
  "?q=%C3%BC+x",
  "?next=/x&next=//evil.test",
  "?a='(*)~!\""
)

const status = fc
  .constantFrom("?status=200", "?status=302", "?status=400", "?status=404", "?status=499")
  .chain((low) => fc.constantFrom(low, low, "?status=500", "?status=503", ""))

const rows: ReadonlyArray<{ readonly weight: number; readonly arbitrary: fc.Arbitrary<Ask> }> = [
  { weight: 3, arbitrary: fc.constantFrom("", "?a=1").map((query) => get("/anon", query)) },
  { weight: 7, arbitrary: fc.constant(get("/me")) },
  { weight: 12, arbitrary: login.map((body) => post("/login", body)) },
  { weight: 4, arbitrary: unshaped.map((body) => post("/logout", body)) },
  { weight: 9, arbitrary: merge.map((body) => post("/session", body)) },
  { weight: 5, arbitrary: remove.map((body) => post("/session/delete", body)) },
  { weight: 7, arbitrary: fc.constant(get("/session")) },
  {
    weight: 5,
    arbitrary: fc.oneof(
      { weight: 6, arbitrary: expiry.map((seconds) => post("/session/expiry", `{"seconds":${seconds}}`)) },
      { weight: 3, arbitrary: until.map((instant) => post("/session/expiry", `{"until":"${instant}"}`)) },
      { weight: 1, arbitrary: fc.oneof(malformed, fc.constant("{}")).map((body) => post("/session/expiry", body)) }
    )
  },
  { weight: 5, arbitrary: unshaped.map((body) => post("/session/cycle", body)) },
  { weight: 4, arbitrary: unshaped.map((body) => post("/session/flush", body)) },
  { weight: 6, arbitrary: fc.constant(get("/csrf")) },
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        fc.oneof(
          token.map((sent) => ({ body: "{}", token: sent })),
          form
        ),
        fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: origin })
      )
      .map(([sent, from]) => ({
        ...post("/protected", ""),
        ...sent,
        ...(from === undefined ? {} : { origin: from })
      }))
  },
  { weight: 8, arbitrary: changePassword.map((body) => post("/password", body)) },
  { weight: 5, arbitrary: perms.map((query) => get("/perms", query)) },
  { weight: 5, arbitrary: carried.map((query) => get("/members", query)) },
  { weight: 5, arbitrary: carried.map((query) => get("/editors", query)) },
  { weight: 6, arbitrary: status.map((query) => get("/fail", query)) },
  { weight: 4, arbitrary: fc.constantFrom("?ms=0", "?ms=3&n=7", "?n=", "").map((query) => get("/slow", query)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        ...["/login", "/logout", "/session/delete", "/session/expiry", "/session/cycle", "/password", "/protected"]
      )
      .map((path) => ({ row: "GET of a POST row", target: path }))
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("/nowhere", "/me/", "/session/", "/SESSION", "/memb%65rs", "/accounts/", "/%FF")
      .map((path) => ({ row: "elsewhere", target: path }))
  }
]

/** The rows that every run must use: those of the surface. */
export const surfaceRows: ReadonlyArray<string> = [
  ...["/anon", "/me", "/session", "/csrf", "/perms", "/members", "/editors", "/fail", "/slow"].map((p) => `GET ${p}`),
  ...["/login", "/logout", "/session", "/protected", "/password"].map((path) => `POST ${path}`),
  ...["delete", "expiry", "cycle", "flush"].map((name) => `POST /session/${name}`)
]

const step: fc.Arbitrary<Step> = fc.oneof(...rows).chain((ask) =>
  fc.record({
    browser: fc.constantFrom(0 as const, 1 as const),
    at: fc.constantFrom("Django" as const, "the example" as const),
    ask: fc.constant(ask),
    session: sessionFor(ask),
    csrf: shown(csrfCookies)
  })
)

/**
 * More than 25 steps of two browsers, because a few are left out. A failing flow is shrunk by replacing more and more
 * of its steps with steps that do nothing.
 */
export const flows: fc.Arbitrary<Flow> = fc.array(
  fc.oneof({ withCrossShrink: true }, { weight: 1, arbitrary: fc.constant(nothing) }, { weight: 500, arbitrary: step }),
  { minLength: 30, maxLength: 38, size: "max" }
)
