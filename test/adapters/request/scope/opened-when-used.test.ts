/** A request that is opened only when its handler uses it behaves as if it was opened at its start. */
import { describe, expect, it } from "vitest"
import type { ResponseInProgress } from "../../../../src/adapters/api/per-request/auth-request.ts"
import { HeadersAlreadySent } from "../../../../src/adapters/errors/errors.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import { application, browser, logIn } from "../site.ts"

const logInPage = {
  method: "POST",
  target: "/",
  headers: [],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
} as const
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
  const entered = (response?: ResponseInProgress) => app.auth.open(head, response)
  return { app, entered, reads: () => reads }
}

describe("a request that no handler has used", () => {
  it("is admitted without waiting, and its response gets no header", async () => {
    const { entered } = await site()
    const request = entered()
    expect([request.enter(everyone), request.respond(500)]).toEqual([undefined, { cookies: [], varyOnCookie: false }])
  })

  it("can be used until the response is decided", async () => {
    const { entered } = await site()
    const request = entered()
    await request.enter(everyone)
    await request.context.session.set("cart", [1])
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

  it("has its response held once, when it is used", async () => {
    const { entered } = await site()
    let held = 0
    const hold = () => {
      held += 1
      return true
    }
    const request = entered({ status: () => 200, hold })
    await request.enter(everyone)
    const { getUser, session } = request.context
    expect(held).toBe(0)
    await session.set("cart", [1])
    await getUser()
    expect([held, (await request.respond(200)).cookies.length]).toEqual([1, 1])
  })

  it("has its response held before its handler, if it has to be checked", async () => {
    const { app } = await site()
    let held = 0
    const response = { status: () => 200, hold: () => ++held > 0 }
    await app.auth.open(logInPage, response).enter({ ...everyone, exempt: () => true })
    expect(held).toBe(1)
  })

  it("can be read when the head was sent before, and no longer changed", async () => {
    const { entered } = await site()
    const request = entered({ status: () => 200, hold: () => false })
    await request.enter(everyone)
    const { commit, getUser, session } = request.context
    expect((await getUser())?.username).toBe("alice")
    await expect(session.set("cart", [1])).rejects.toBeInstanceOf(HeadersAlreadySent)
    await expect(commit()).rejects.toBeInstanceOf(HeadersAlreadySent)
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
