/** Faults of account pages, each planted in a site: hostile input finds them. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { format } from "node:util"
import * as Effect from "effect/Effect"
import { describe, expect, it, vi } from "vitest"
import { longSuite } from "../../rig/services.ts"
import { dice, seed } from "../dice.ts"
import { type AccountPlant, type FuzzedSites, fuzzedSites } from "./fuzzed-sites.ts"
import { fuzz } from "./fuzzing.ts"

/** Answers what was sent to a page. `sites` are those with the fault. */
type Faulty = (body: string, res: ServerResponse, sites: FuzzedSites) => unknown

const bodyOf = async (req: IncomingMessage): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const html = (res: ServerResponse, body: string) => res.writeHead(200, { "content-type": "text/html" }).end(body)

const anyPage = ""

/** Each has the page with the fault. */
const faults: ReadonlyArray<readonly [name: string, page: string, Faulty, found: RegExp]> = [
  [
    "answers 500 to a lone surrogate",
    anyPage,
    (body, res) => res.writeHead(/\\ud[89a-f]/.test(body) ? 500 : 400).end(),
    /status 500/
  ],
  [
    "redirects to any URL",
    anyPage,
    (body, res) => {
      const next = new URLSearchParams(body).get("next") ?? "/"
      res.writeHead(302, { location: encodeURI(next.toWellFormed()) }).end()
    },
    /a redirect to/
  ],
  [
    "writes a field into a header",
    anyPage,
    (body, res) => {
      for (const line of decodeURIComponent(body.replace(/%(?![0-9a-f]{2})|%[89a-f]./gi, "")).split("\r\n")) {
        const [, name, value = ""] = /^([a-z]+): ([ -~]*)$/i.exec(line) ?? []
        if (name !== undefined) res.setHeader(name, value)
      }
      res.writeHead(200).end()
    },
    /a header [a-z]+:/
  ],
  [
    "shows markup of a client",
    anyPage,
    (body, res) => html(res, `<p>${[...new URLSearchParams(body).values()].join(" ").replace(/pw\w{16}/g, "")}</p>`),
    /markup of a client/
  ],
  [
    "shows a password again",
    "password_change",
    (body, res) => html(res, `<input value="${new URLSearchParams(body).get("old_password")?.replace(/\W/g, "")}">`),
    /the answer shows pw/
  ],
  [
    "writes a password into the log",
    "reauthenticate",
    (body, res) => {
      console.error("reauthenticate", body)
      res.writeHead(400).end()
    },
    /the log shows pw/
  ],
  [
    "gives the session of another user",
    "login",
    (_, res, { stores }) => {
      const [key] = stores.sessions.rows.keys()
      res.writeHead(200, { "set-cookie": `sessionid=${key}; Path=/` }).end()
    },
    /a session of \w+:/
  ],
  [
    "deletes the account of another user",
    "delete",
    (_, res, { mail, stores }) => {
      for (const name of mail.victims) {
        const row = Effect.runSync(stores.users.findByUsername(name))
        if (row !== undefined) stores.users.remove(row.id)
      }
      res.writeHead(200).end()
    },
    /the account of another user was changed/
  ]
]

describe.skipIf(!longSuite().available)("hostile forms of account pages find a site that", () => {
  const problemsOf = async (plant: (sites: () => FuzzedSites | undefined) => AccountPlant): Promise<string> => {
    let made: FuzzedSites | undefined
    const sites = await fuzzedSites(
      undefined,
      plant(() => made)
    )
    made = sites
    const end = performance.now() + 120_000
    const log: Array<string> = []
    const spies = (["log", "warn", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...said) => void log.push(format(...said)))
    )
    try {
      const isOver = () => performance.now() > end
      const { problems } = await fuzz({ sites, dice: dice(seed), log, most: 1, isOver, compare: async () => [] })
      return problems.join("\n")
    } finally {
      for (const spy of spies) spy.mockRestore()
      for (const { stop } of sites.sites) await stop()
    }
  }

  it.each(faults)("%s", async (_, page, answer, found) => {
    const problems = await problemsOf((sites) => ({
      answer: (req, res) => {
        const made = sites()
        if (made === undefined || req.method !== "POST" || !req.url?.startsWith(`/account/${page}`)) return false
        bodyOf(req).then((body) => answer(body, res, made))
        return true
      }
    }))
    expect(problems).toMatch(found)
  })

  it("sends a mail to the address that was in the form", async () => {
    const problems = await problemsOf(() => ({ mailTo: (to) => to.toUpperCase() }))
    expect(problems).toMatch(/does not go to the stored address of the user/)
  })
})
