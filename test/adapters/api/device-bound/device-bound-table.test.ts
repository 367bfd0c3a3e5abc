/** The tables at the head of the endpoints and of the verdict, compared with what a site answers, cell by cell. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Browser, LawDeviceBound } from "../../../../src/testing/index.ts"
import { testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"
import { makeDevice } from "../../../rig/device.ts"

const source = (file: string): string =>
  readFileSync(join(import.meta.dirname, "../../../../src/core/device-bound", file), "utf8")

/** The rows of the first table of a file, each as cells. */
const rowsOf = (file: string): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from(source(file).matchAll(/^ \* \|(.*)\|$/gm), ([, row = ""]) => row.split("|").map((cell) => cell.trim()))

/** A short name of a session's state, as in the table, and the messages that a browser with it can send. */
const messagesOf = async (state: string): Promise<Readonly<Record<string, () => Promise<Response>>>> => {
  const site = testSite({
    origin: "https://shop.example",
    auth: { sessionCookie: { secure: true }, deviceBound: { mode: "enforce" } }
  })
  const { browser: newBrowser, deviceBound, pages, passwords, users } = lawSiteOf(site)
  const device: LawDeviceBound = deviceBound ?? expect.fail("sessions are not bound")
  const own = makeDevice()
  const browser = newBrowser()
  const send = (path: string, headers: Readonly<Record<string, string>>) =>
    browser.copy().fetch(device.handler, path, { method: "POST", csrf: false, headers })

  const login = await pages.login(browser, users[0])
  const [, offer = ""] = /challenge="([^"]*)"/.exec(login.headers.get("secure-session-registration") ?? "") ?? []
  const registration = { "secure-session-response": own.register(offer) }
  if (!state.startsWith("offered")) expect((await send("/dbsc/register", registration)).status).toBe(200)
  const id = state === "with another binding" ? "A".repeat(22) : (offer.split(".")[1] ?? "")
  const challenge = async () => {
    const { headers } = await send("/dbsc/refresh", { "sec-secure-session-id": id })
    return /"([^"]*)"/.exec(headers.get("secure-session-challenge") ?? "")?.[1] ?? ""
  }
  // It empties the session, and the binding stays. Within the grace the session is open without the short cookie.
  if (state === "without a user") await pages.clear?.(browser.copy())
  const old = await challenge()
  site.clock.advance({ seconds: state === "offered, in time" ? 0 : 301 })
  const fresh = await challenge()

  if (state === "no session cookie") browser.clearCookies()
  if (state === "a cookie, store away") site.network.fail("all", "refused")
  if (state === "a cookie, no session") await pages.logout(browser.copy())
  if (state === "without a binding") await loggedInOverHttp(site, browser)
  if (state === "with a device, not valid") await passwords?.set(users[0], "another password")

  const asked = state === "no id in the request" ? {} : { "sec-secure-session-id": id }
  const proof = (jws: string) => send("/dbsc/refresh", { ...asked, "secure-session-response": jws })
  return {
    registration: () => send("/dbsc/register", registration),
    probe: () => send("/dbsc/refresh", asked),
    "good proof": () => proof(own.prove(fresh)),
    "old challenge": () => proof(own.prove(state === "offered, in time" ? `${fresh}x` : old)),
    "wrong proof": () => proof(makeDevice().prove(fresh))
  }
}

type Site = ReturnType<typeof testSite>

/** A login over http makes a session without a binding. */
const loggedInOverHttp = async ({ auth, user }: Site, browser: Browser): Promise<void> => {
  const request = auth.open({
    method: "POST",
    target: "/",
    headers: [["host", "shop.example"]],
    transport: { secure: false, serverName: "shop.example", serverPort: "80" }
  })
  await request.context.login(user("alice"))
  browser.clearCookies()
  browser.store((await request.respond(200)).cookies)
}

describe("the table of the endpoints", () => {
  const [messages = [], , ...rows] = rowsOf("device-endpoints.ts")

  it("has a row for each state, and a column for each message", () => {
    expect(messages).toEqual([
      "the session",
      ...["registration", "probe", "good proof", "old challenge", "wrong proof"]
    ])
    expect(rows.length).toBe(11)
  })

  it.each(
    rows
  )("%s: registration %s, probe %s, good proof %s, old challenge %s, wrong proof %s", async (state, ...cells) => {
    const answered: Array<string> = []
    for (const message of messages.slice(1)) {
      // Each message in a state of its own: a registration changes it.
      const send = (await messagesOf(state))[message] ?? expect.fail(message)
      const { headers, status } = await send()
      expect(headers.has("secure-session-challenge"), `${message}: a challenge`).toBe(status === 403)
      expect(headers.get("set-cookie")?.startsWith("__Host-sessionid-device=") === true, message).toBe(status === 200)
      answered.push(String(status))
    }
    expect(answered).toEqual(cells)
  })
})
