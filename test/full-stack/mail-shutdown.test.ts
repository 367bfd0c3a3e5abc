/** A server process that is stopped while mails are waiting. The mail server is a real one. */
import { text } from "node:stream/consumers"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { SMTPServerOptions } from "smtp-server"
import { afterEach, describe, expect, it } from "vitest"
import { type Child, start } from "../rig/child.ts"
import { startMailServer } from "../rig/mail-server.ts"

const program = fileURLToPath(new URL("mailing-server.ts", import.meta.url))
const people = [1, 2, 3, 4, 5, 6]

const closing: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A mail server that accepts no mail before `release` is called. */
const heldMailServer = async () => {
  const arrived: Array<string> = []
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const onData: SMTPServerOptions["onData"] = (stream, { envelope }, callback) => {
    void Promise.all([text(stream), released]).then(() => {
      arrived.push(...envelope.rcptTo.map(({ address }) => address))
      callback()
    })
  }
  const server = await startMailServer({ onData })
  closing.push(server.close)
  return { ...server, arrived, release }
}

const launch = async (framework: string, mailPort: number, seconds: number): Promise<{ child: Child; url: string }> => {
  const child = start(process.execPath, [program, framework, String(mailPort), String(seconds)])
  closing.push(child.kill)
  const [, port] = await child.printed(/^listening on (\d+)$/m)
  return { child, url: `http://127.0.0.1:${port}/accounts/password_reset` }
}

/** Asks for a reset of the password of each person. @returns the statuses */
const requestResets = async (url: string): Promise<ReadonlyArray<number>> => {
  const accept = "application/json"
  const page = await fetch(url, { headers: { accept } })
  const token = Object(await page.json()).form.csrfToken
  const cookie = page.headers.getSetCookie()[0]?.split(";")[0] ?? ""
  return Promise.all(
    people.map(async (n) => {
      const body = JSON.stringify({ email: `user${n}@shop.example` })
      const headers = { accept, cookie, "content-type": "application/json", "x-csrftoken": token }
      return (await fetch(url, { method: "POST", headers, body })).status
    })
  )
}

describe.each(["connect", "koa", "fastify"])("a server on %s that gets SIGTERM", (framework) => {
  it("sends all mails that wait, and then ends", async () => {
    const mails = await heldMailServer()
    const { child, url } = await launch(framework, mails.port, 60)
    expect(await requestResets(url)).toEqual(people.map(() => 200))
    const stopped = child.stop()
    await expect.poll(() => mails.openConnections()).toBe(2)
    await pause(200)
    expect(mails.arrived).toEqual([])
    mails.release()
    expect(await stopped).toBe(0)
    expect(mails.arrived.toSorted()).toEqual(people.map((n) => `user${n}@shop.example`))
    expect(child.output()).not.toContain("lost")
  })

  it("ends in time if the mail server does not, and logs the account of each lost mail", async () => {
    const mails = await heldMailServer()
    const { child, url } = await launch(framework, mails.port, 0.5)
    expect(await requestResets(url)).toEqual(people.map(() => 200))
    expect(await child.stop()).toBe(0)
    expect(mails.arrived).toEqual([])
    const lost = [...child.output().matchAll(/a mail was lost \(passwordReset for account "(\d+)"/g)]
    expect(lost.map(([, id]) => id).toSorted()).toEqual(people.map(String))
    expect(child.output()).not.toContain("shop.example")
    mails.release()
  })
})
