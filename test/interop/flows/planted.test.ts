/** The comparison finds faults that are put into the example's answers. */

import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { exampleService } from "../../rig/example.ts"
import { longSuite, service } from "../../rig/services.ts"
import type { Answer } from "./client.ts"
import { differences, type Exchange } from "./compare.ts"
import { rare } from "./remembered.ts"
import { flows } from "./requests.ts"
import { seed, type Walked, walkAll } from "./run.ts"
import { breakGround, type Ground } from "./sites.ts"
import { UNKNOWN_KEY } from "./step.ts"
import { type Running, startWorlds } from "./worlds.ts"

/** Enough flows to include those that the rarer faults affect. */
const FLOWS = 40

type Fault = (answer: Answer, exchange: Exchange) => Answer

const cookies =
  (change: (header: string, exchange: Exchange) => string | undefined): Fault =>
  (answer, exchange) => ({
    ...answer,
    setCookie: answer.setCookie.map((header) => change(header, exchange)).filter((header) => header !== undefined)
  })

const isDeletion = (header: string): boolean => header.includes("Max-Age=0")

const faults: Readonly<Record<string, Fault>> = {
  "no Vary on a read": (answer, { step }) => (step.ask.row === "GET /me" ? { ...answer, vary: undefined } : answer),
  "Vary on what touches no session": (answer, { step }) =>
    step.ask.row === "GET /anon" ? { ...answer, vary: "Cookie" } : answer,
  "no Cache-Control beside a cookie": (answer) =>
    answer.setCookie.length > 0 ? { ...answer, cacheControl: undefined } : answer,
  "a cookie that shared caches may keep": (answer) =>
    answer.setCookie.length > 0 ? { ...answer, cacheControl: "public, max-age=60" } : answer,
  "Max-Age one second off": cookies((header) => header.replace("Max-Age=1209600", "Max-Age=1209599")),
  "expires a minute late": cookies((header) =>
    isDeletion(header)
      ? header
      : header.replace(/expires=([^;]*)/, (_, date) => `expires=${new Date(Date.parse(date) + 60_000).toUTCString()}`)
  ),
  "no deletion of the cookie on a 404": cookies((header, { answer }) =>
    answer.status === 404 && isDeletion(header) ? undefined : header
  ),
  "SameSite=Strict": cookies((header) => header.replace("SameSite=Lax", "SameSite=Strict")),
  "a session cookie that scripts can read": cookies((header) => header.replace("; HttpOnly", "")),
  "a deletion with HttpOnly": cookies((header) =>
    isDeletion(header) ? header.replace("; Max-Age", "; HttpOnly; Max-Age") : header
  ),
  "an empty value without quotes": cookies((header) => header.replace('=""', "=")),
  "a session cookie before csrftoken": (answer) => ({ ...answer, setCookie: answer.setCookie.toReversed() }),
  "the refused login answered with 200": (answer, { step }) =>
    step.ask.row === "POST /login" && answer.status === 401 ? { ...answer, status: 200 } : answer,
  "the anonymous answered with 200": (answer, { step }) =>
    step.ask.row === "GET /me" && answer.status === 401 ? { ...answer, status: 200 } : answer,
  "the session cookie sent again on a read": (answer, { step }) =>
    step.ask.row === "GET /session"
      ? { ...answer, setCookie: [...answer.setCookie, `sessionid=${UNKNOWN_KEY}; HttpOnly; Path=/; SameSite=Lax`] }
      : answer,
  "an unknown key that is adopted": cookies((header, { step }) =>
    typeof step.session === "object" && step.session.header.endsWith(UNKNOWN_KEY)
      ? header.replace(/^sessionid=[a-z0-9]{32}/, `sessionid=${UNKNOWN_KEY}`)
      : header
  ),
  "a new key at every login of the logged-in": cookies((header, { step }) =>
    step.ask.row === "POST /login" ? header.replace(/^sessionid=\w{16}/, randomKeyHalf) : header
  ),
  "the same CSRF secret after a login": (() => {
    let last = ""
    return cookies((header, { step }) => {
      const [, value = ""] = header.match(/^csrftoken=(\w{32});/) ?? []
      if (value === "") return header
      if (step.ask.row === "POST /login" && last !== "") return header.replace(value, last)
      last = value
      return header
    })
  })(),
  "a session saved on a 500": (answer, { step }) =>
    step.ask.row === "GET /fail" && answer.status === 500
      ? { ...answer, setCookie: [`sessionid=${"n".repeat(32)}; HttpOnly; Path=/; SameSite=Lax`] }
      : answer,
  "a form whose token is not looked for": (answer, { step }) =>
    step.ask.form !== undefined && step.ask.token === "none" && answer.status === 200
      ? { ...answer, status: 403 }
      : answer,
  "a form that is let in without a token": (answer, { step }) =>
    step.ask.form !== undefined && answer.status === 403 ? { ...answer, status: 200 } : answer,
  "another user's name": (answer) => ({ ...answer, body: answer.body.replace('"user":"alice"', '"user":"carol"') }),
  "a float that became an integer": (answer) => ({ ...answer, body: answer.body.replace(/\b1\.0\b/, "1") }),
  "a large integer that was rounded": (answer) => ({
    ...answer,
    body: answer.body.replace("12345678901234567890123", "12345678901234567000000")
  }),
  "members in another order": (answer) => ({
    ...answer,
    body: answer.body.replace(/^\{("_auth_user_id":[^,]+), ?("_auth_user_backend":[^,]+)/, "{$2,$1")
  }),
  "a redirect with an encoded slash": (answer) => ({
    ...answer,
    location: answer.location?.replace("next=/", "next=%2F")
  }),
  "a permission for every user": (answer) => ({ ...answer, body: answer.body.replace('"has":false', '"has":true') }),
  "HTML in the place of a text": (answer) => ({
    ...answer,
    type: answer.status === 200 && answer.type === "text/plain" ? "text/html" : answer.type
  }),
  "HTML in the place of JSON": (answer) => ({
    ...answer,
    type: answer.status === 400 && answer.type === "application/json" ? "text/html" : answer.type
  })
}

let drawn = 0
const randomKeyHalf = (): string => `sessionid=${String(++drawn).padStart(16, "0")}`

const available = [longSuite(), service("postgres"), djangoService(), exampleService()].every(
  (needed) => needed.available
)

describe.skipIf(!available)("a fault planted into the example's answers", () => {
  let ground: Ground | undefined
  let running: Running | undefined
  let walked: ReadonlyArray<Walked>

  beforeAll(async () => {
    ground = await breakGround()
    running = await startWorlds(ground, "db")
    const all: Array<Walked> = []
    for (const flow of [...rare, ...fc.sample(flows, { numRuns: FLOWS, seed })])
      all.push(await walkAll(flow, running.worlds))
    walked = all
  })

  afterAll(async () => {
    await running?.stop()
    await ground?.stop()
  })

  const found = (fault: Fault): number =>
    walked.reduce((sum, { django, example }) => {
      const faulty = example.map((exchange) => ({ ...exchange, answer: fault(exchange.answer, exchange) }))
      return sum + differences(django, faulty).length
    }, 0)

  it("is the only difference that is found", () => {
    expect(found((answer) => answer)).toBe(0)
  })

  it.each(Object.entries(faults))("is found: %s", (_name, fault) => {
    expect(found(fault)).toBeGreaterThan(0)
  })
})
