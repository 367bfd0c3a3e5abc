/** A request that is opened only when its handler uses it behaves as if it was opened at its start. */
import { describe, expect, it } from "vitest"
import { HeadersAlreadySent } from "../../../../src/adapters/errors/errors.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { application, browser, logIn } from "../site.ts"

const everyone = { body: undefined, exempt: () => false, loginRequired: undefined }

const site = async () => {
  const app = await application()
  const alice = browser(app)
  await alice.visit(logIn())
  let reads = 0
  const cookie = `sessionid=${alice.cookies.get("sessionid")}; csrftoken=${alice.cookies.get("csrftoken")}`
  const head: RequestHead = {
    method: "GET",
    target: "/",
    get headers() {
      reads += 1
      return [["Cookie", cookie] as const]
    },
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  }
  return { app, entered: () => app.auth.open(head), reads: () => reads }
}

describe("a request that no handler has used", () => {
  it("is admitted without waiting, and its response gets no header", async () => {
    const { entered } = await site()
    const request = entered()
    expect([request.enter(everyone), request.addsNoHeaders(), request.respond(500)]).toEqual([
      undefined,
      true,
      { cookies: [], varyOnCookie: false }
    ])
  })

  it("can be used until the response is decided", async () => {
    const { entered } = await site()
    const request = entered()
    await request.enter(everyone)
    await request.context.session.set("cart", [1])
    expect(request.addsNoHeaders()).toBe(false)
    expect((await request.respond(200)).cookies).toHaveLength(1)
    const next = entered()
    await next.enter(everyone)
    expect(await next.context.session.get("cart")).toEqual([1])
  })

  it("can be read after the response, and no longer changed", async () => {
    const { entered } = await site()
    const request = entered()
    await request.enter(everyone)
    await request.respond(200)
    const { getUser, session } = request.context
    expect((await getUser())?.username).toBe("alice")
    await expect(session.set("cart", [1])).rejects.toBeInstanceOf(HeadersAlreadySent)
    await expect(request.context.commit()).rejects.toBeInstanceOf(HeadersAlreadySent)
  })

  it("is checked again by a second middleware that requires a login", async () => {
    const { app } = await site()
    const request = app.auth.open({
      method: "GET",
      target: "/",
      headers: [],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    await request.enter(everyone)
    await expect(request.enter({ ...everyone, loginRequired: () => true })).rejects.toMatchObject({
      _tag: "LoginRequired"
    })
  })

  it("reads its cookies once", async () => {
    const { entered, reads } = await site()
    const request = entered()
    const before = reads()
    await request.enter(everyone)
    await request.context.getUser()
    expect(reads() - before).toBe(1)
  })
})
