/** Device-bound sessions on a real Next: a login in a Server Action, whose registration the proxy offers. */
import { once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import { text } from "node:stream/consumers"
import { expect, it } from "vitest"
import { makeDevice } from "../rig/device.ts"

interface Site {
  /** The path as Next writes it for a page. */
  readonly at: (path: string) => string
  readonly url: () => string
  /** Whether the application has a proxy that judges bound sessions. */
  readonly hasProxy: boolean
}

const short = "__Host-boundid-device"
const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" }

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | FormData
}

export const testDeviceBound = ({ at, hasProxy, url }: Site): void => {
  /** With `trailingSlash`, Next redirects a path to that with a slash, and a browser follows. */
  const withSlash = (path: string): string => (at("/a").endsWith("/a") ? path : `${path}/`)

  /** A browser behind a proxy that terminates https. */
  const client = () => {
    const jar = new Map<string, string>()
    // Not fetch, which sends another Sec-Fetch-Mode than it is given.
    const ask = async (path: string, { body, headers = {}, method = "GET" }: Sent = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
      const packed = new Response(body ?? null)
      const type = packed.headers.get("content-type")
      const sent = request(url() + path, {
        method,
        headers: {
          cookie,
          "x-forwarded-proto": "https",
          ...(type === null ? {} : { "content-type": type }),
          ...headers
        }
      })
      sent.end(Buffer.from(await packed.arrayBuffer()))
      const incoming: IncomingMessage = (await once(sent, "response"))[0]
      const received = await text(incoming)
      const lines = incoming.headers["set-cookie"] ?? []
      for (const line of lines) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/max-age=0/i.test(line)) jar.delete(name)
        else jar.set(name, value)
      }
      const header = (name: string): string | undefined => incoming.headers[name]?.toString()
      return { status: incoming.statusCode, header, text: received }
    }
    const page = (headers: Readonly<Record<string, string>> = {}) =>
      ask(at("/bound"), { headers: { ...navigation, ...headers } })
    const shown = ({ text }: { readonly text: string }) =>
      /<p id="bound">(.*?)<\/p>/.exec(text.replaceAll("<!-- -->", ""))?.[1]
    const wait = (seconds: number) =>
      ask(at("/api/bound"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ seconds })
      })
    const send = async (path: string, fields: Readonly<Record<string, string>>) => {
      const { text: html } = await ask(path)
      const [, action = ""] = /\$ACTION_ID_([0-9a-f]+)/.exec(html) ?? []
      const body = new FormData()
      for (const [name, value] of Object.entries({ [`$ACTION_ID_${action}`]: "", ...fields })) body.set(name, value)
      return ask(path, { method: "POST", headers: { origin: url().replace("http:", "https:") }, body })
    }
    const logIn = async () => {
      const answer = await send(at("/bound/login"), { username: "alice", password: "correct horse" })
      expect([answer.status, jar.has("boundid")]).toEqual([303, true])
      return answer
    }
    const register = async (offer: string | undefined, device = makeDevice()) => {
      const [, path = "", challenge = ""] = /path="([^"]*)";challenge="([^"]*)"/.exec(offer ?? "") ?? []
      const headers = { "secure-session-response": device.register(challenge) }
      return ask(withSlash(path), { method: "POST", headers })
    }
    return { ask, jar, logIn, page, register, send, shown, wait }
  }

  it("knows the verdict in pages and Server Actions, and offers no registration in an action", async () => {
    const { logIn, page, send, shown } = client()
    const answer = await logIn()
    expect(answer.header("secure-session-registration")).toBeUndefined()
    expect(shown(await page())).toBe("alice, Pending")
    const told = await send(at("/bound"), {})
    expect(told.header("location")).toContain("verdict=Pending")
  })

  if (hasProxy)
    it("offers the registration of that login on the page that follows", async () => {
      const { jar, logIn, page, register, shown, wait } = client()
      await logIn()
      const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }
      expect((await page(script)).header("secure-session-registration")).toBeUndefined()
      await wait(60)
      const first = await page()
      expect(shown(first)).toBe("alice, Unregistered")
      const registered = await register(first.header("secure-session-registration"))
      expect([registered.status, jar.has(short)]).toEqual([200, true])
      await wait(60)
      const next = await page()
      expect([next.header("secure-session-registration"), shown(next)]).toEqual([undefined, "alice, Proven"])
    })

  if (hasProxy)
    it("requests a page again after a link on another site, and renews its short cookie first", async () => {
      const { ask, jar, logIn, page, register, shown, wait } = client()
      await logIn()
      const device = makeDevice()
      const registered = await register((await page()).header("secure-session-registration"), device)
      const { refresh_url, session_identifier } = JSON.parse(registered.text)
      await wait(700)
      jar.delete(short)
      const other = await page({ "sec-fetch-site": "cross-site" })
      expect([other.status, other.header("refresh")]).toEqual([401, "0"])
      expect(shown(await page())).toBe("anonymous, Unproven")
      const refresh = (headers: Readonly<Record<string, string>>) =>
        ask(withSlash(refresh_url), {
          method: "POST",
          headers: { "sec-secure-session-id": session_identifier, ...headers }
        })
      const probe = await refresh({})
      const [, challenge = ""] = /"([^"]*)"/.exec(probe.header("secure-session-challenge") ?? "") ?? []
      expect([probe.status, (await refresh({ "secure-session-response": device.prove(challenge) })).status]).toEqual([
        403, 200
      ])
      expect(shown(await page())).toBe("alice, Proven")
    })
}
