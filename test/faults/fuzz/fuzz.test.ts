/**
 * Hostile cookies, sessions, forms, headers, targets and proofs of devices, made by grammars at random, against the
 * endpoints and the account pages on three adapters in this process: no crash, no status of 500 or above, no unhandled
 * rejection, little processor time, no header or markup of the client, no redirect to another site, no session but that
 * of its own key, and no short cookie without a signature of the device. On the account pages: no session of another
 * user, no secret in an answer or in the log, and mails only to the address that is stored, or to be confirmed. Django
 * judges the same cookies, sessions and targets.
 *
 * `LATCHKEY_FUZZ_SECONDS` is the duration (default 60), `LATCHKEY_SEED` repeats the choices of a run.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { format } from "node:util"
import { describe, expect, it, vi } from "vitest"
import { secretKey } from "../../full-stack/site.ts"
import { django, djangoService } from "../../rig/django.ts"
import { keepResult } from "../../rig/long-results.ts"
import { longSuite } from "../../rig/services.ts"
import { amount, dice, seed } from "../dice.ts"
import { accountForms } from "./account-forms.ts"
import { fuzzedSites, type Plant } from "./fuzzed-sites.ts"
import { fuzz, type Verdicts } from "./fuzzing.ts"

const mailNames = ["confirmEmail", "emailChanged", "emailTaken", "passwordReset", "signUpTaken", "verifyEmail"]
const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0)

const needs = [djangoService(), longSuite()]
const seconds = amount("LATCHKEY_FUZZ_SECONDS", 60)

/**
 * A cookie identifies the user exactly where it does so at Django. What latchkey reads of a session, Django reads too;
 * latchkey refuses more texts. A target that latchkey accepts, Django accepts. Session data with bytes outside ASCII
 * are left out: Django reads them as Latin-1.
 */
const COMPARE = `
import re
import zlib
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import b64_decode
from django.http.cookie import parse_cookie
from django.utils.http import url_has_allowed_host_and_scheme
import logging
logging.disable(logging.CRITICAL)

def json_of(text):
    body = text.split(":")[0].encode()
    return zlib.decompress(b64_decode(body[1:])) if body[:1] == b"." else b64_decode(body)

answer = []
for header, key, is_user in given["cookies"]:
    value = parse_cookie(header.encode("latin-1").decode("utf-8", "replace")).get("sessionid")
    if (value == key) != is_user:
        answer.append(["cookie", header, key, is_user])
for text, data in given["sessions"]:
    mine = json.loads(data)
    if mine == {} or not json_of(text).isascii():
        continue
    theirs = SessionStore().decode(text)
    if json.dumps(mine, sort_keys=True) != json.dumps(theirs, sort_keys=True):
        answer.append(["session", text, data, repr(theirs)])
for target, is_safe in given["targets"]:
    # For Django 4.2 a scheme may begin with a digit. For browsers and later versions it may not.
    if is_safe and not re.match(r"[0-9.+-][a-zA-Z0-9.+-]*:", re.sub("[\\t\\r\\n]", "", target).strip()) and not url_has_allowed_host_and_scheme(target, {"example.com"}, require_https=True):
        answer.append(["target", target])
`

describe.skipIf(!needs.every(({ available }) => available))("hostile input", () => {
  const site = django({ databaseUrl: "postgres://nobody@127.0.0.1:1/none", secretKey })

  const run = async (duration: number, plant?: Plant, change: (verdicts: Verdicts) => Verdicts = (same) => same) => {
    const sites = await fuzzedSites(plant)
    const end = performance.now() + duration * 1000
    // Every session that cannot be read is a line in the log.
    const lines: Array<string> = []
    const spies = (["log", "warn", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...said) => void lines.push(format(...said)))
    )
    try {
      return await fuzz({
        sites,
        dice: dice(seed),
        log: lines,
        most: plant === undefined ? 5 : 1,
        isOver: () => performance.now() > end,
        compare: async (verdicts) => {
          const found = await site.manage(COMPARE, change(verdicts))
          return Array.isArray(found) ? found.slice(0, 5).map((one) => `Django: ${JSON.stringify(one)}`) : []
        }
      })
    } finally {
      for (const spy of spies) spy.mockRestore()
      for (const { stop } of sites.sites) await stop()
    }
  }

  it(`for ${seconds} s`, { timeout: seconds * 1000 + 180_000 }, async () => {
    const { carriedOut, counts, mails, problems } = await run(seconds)
    const { accounts, cookies, proofs, requests, sessions, targets } = counts
    const result =
      `${seconds} s, ${requests} requests, of them ${cookies} cookies and ${sessions} sessions judged by Django, ` +
      `${targets} targets, ${proofs} proofs of devices, ${accounts} requests for account pages, of them ${sum(carriedOut)} forms carried out, ${sum(mails)} mails, ${problems.length} problems, seed ${seed}`
    console.log([result, ...problems].join("\n"))
    console.log("forms of account pages that were carried out:", carriedOut, "mails:", mails)
    keepResult("fuzz", result)
    expect(problems).toEqual([])
    expect(cookies).toBeGreaterThan(seconds)
    expect(proofs).toBeGreaterThan(seconds)
    expect(sum(carriedOut)).toBeGreaterThan(seconds)
    // On a busy machine a form that is seldom right may not have had its turn.
    if (accounts > 4000) {
      expect([...carriedOut.keys()].sort()).toEqual(Object.keys(accountForms).sort())
      expect([...mails.keys()].sort()).toEqual(mailNames)
    }
  })

  it.each<[string, Plant, RegExp]>([
    ["answers 500", () => Promise.reject(new Error("planted")), /status 500/],
    ["leaves a rejection unhandled", () => void Promise.reject(new Error("planted")), /unhandled.*planted/],
    [
      "computes for too long",
      () => {
        const since = process.cpuUsage()
        while (process.cpuUsage(since).user < 300_000) {}
      },
      /ms of processor time/
    ]
  ])("is reported when a site %s", async (_, plant, pattern) => {
    const { problems } = await run(60, (target) => (target.includes("%") ? plant(target) : sleep(0)))
    expect(problems.join("\n")).toMatch(pattern)
  })

  it("is reported when a site reads it in another way than Django", async () => {
    const { problems } = await run(3, undefined, (verdicts) => ({
      ...verdicts,
      cookies: verdicts.cookies.map(([header, key, isUser], n) => [header, key, n === 7 ? !isUser : isUser])
    }))
    expect(problems.join("\n")).toMatch(/Django: \["cookie"/)
  })
})
