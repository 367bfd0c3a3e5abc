/** What an application can decide about failures: the options `onError` and `report`. */
import { StoreUnavailable } from "latchkey"
import { nodeAuth } from "latchkey/node"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { service } from "../rig/services.ts"
import { cookieOf, onePage } from "./one-page.ts"
import { loggedIn, type Page, type Site, startSite } from "./site.ts"
import { ask, cookiesOf, exchange, type Reply, request } from "./wire.ts"

describe.skipIf(!service("postgres").available)("the options of nodeAuth", () => {
  const page = onePage()
  const told: Array<unknown> = []
  let site: Site
  let current: Page = () => {}
  beforeAll(async () => {
    site = await startSite(
      { url: page.server.url },
      {
        pages: { "/page": (...args) => current(...args) },
        report: (error) => told.push(error),
        onError: (error, req) => ({
          status: 507,
          headers: { "X-Path": req.url ?? "" },
          body: error instanceof Error ? error.name : "?"
        })
      }
    )
  })
  afterAll(async () => {
    await site?.stop()
  })

  const visit = async (handler: Page, lines: ReadonlyArray<string> = []): Promise<Reply> => {
    current = handler
    told.length = 0
    return ask(site.port, request("GET", "/page", lines))
  }

  it("answer a bug with onError, and the bug is reported", async () => {
    const bug = new TypeError("a bug")
    const reply = await visit(() => {
      throw bug
    })
    expect([reply.status, reply.body, reply.headers.get("x-path"), told]).toEqual([507, "TypeError", ["/page"], [bug]])
  })

  it("answer an outage with onError, and the outage is reported", async () => {
    const outage = new StoreUnavailable({ operation: "test", cause: undefined })
    const reply = await visit(() => Promise.reject(outage))
    expect([reply.status, reply.body, told]).toEqual([507, "StoreUnavailable", [outage]])
  })

  it("answer a session that could not be stored with onError", async () => {
    const handler: Page = async (_req, res, { session }) => {
      await session.set("a", 1)
      await site.query("DELETE FROM django_session WHERE session_key = $1", session.key() ?? "")
      res.end("text")
    }
    const reply = await visit(handler, [cookieOf(await loggedIn(site, "alice"))])
    expect([reply.status, reply.body, cookiesOf(reply), told]).toEqual([507, "SessionInterrupted", [], []])
  })

  it.each(["onError", "report"] as const)("may throw themselves (%s): the client gets a 500", async (option) => {
    const escaped: Array<unknown> = []
    const broken = await startSite(
      { url: page.server.url },
      {
        application: (auth) => {
          const listener = nodeAuth(
            auth,
            () => {
              throw new Error("a bug")
            },
            {
              report: () => {},
              [option]: () => {
                throw new Error("a bug in an option")
              }
            }
          )
          return (req, res) => {
            try {
              listener(req, res)
            } catch (error) {
              escaped.push(error)
              res.destroy()
            }
          }
        }
      }
    )
    try {
      const replies = await exchange(broken.port, request("GET", "/"))
      expect({ escaped, statuses: replies.map(({ status }) => status) }).toEqual({ escaped: [], statuses: [500] })
    } finally {
      await broken.stop()
    }
  })

  it("answer a session that is too large as a client error, and report nothing", async () => {
    const reply = await visit(async (_req, res, { session }) => {
      await session.set("a", "x".repeat(17_000_000))
      res.end("text")
    })
    expect([reply.status, reply.body, told.map((error) => error instanceof Error && error.name)]).toEqual([
      507,
      "SessionTooLarge",
      []
    ])
  })
})
