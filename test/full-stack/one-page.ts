/** A site with one page, whose handler each test sets. */
import { afterAll, afterEach, beforeAll, expect } from "vitest"
import { type Browser, browser } from "../rig/browser.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type Page, type Site, type SiteOptions, startSite } from "./site.ts"
import * as Wire from "./wire.ts"

export interface OnePage {
  readonly server: PostgresServer
  readonly site: Site
  /** Sets the handler of the page. */
  readonly serve: (handler: Page) => void
  /** Sets the handler, and requests the page once with these header lines. */
  readonly visit: (handler: Page, lines?: ReadonlyArray<string>, method?: string) => Promise<Wire.Reply>
  /** The data of the session with that key. */
  readonly dataOf: (key: string | undefined) => Promise<Readonly<Record<string, unknown>>>
  readonly countSessions: () => Promise<number>
  /** What the adapter reported since the last call. A test fails when it leaves reports untaken. */
  readonly bugs: () => ReadonlyArray<unknown>
}

/** Starts the site before the tests of this file and stops it afterwards. The page is at `/page`. */
export const onePage = (options: SiteOptions = {}): OnePage => {
  let server: PostgresServer
  let site: Site
  let current: Page = () => {}
  let reported: Array<unknown> = []

  const bugs = (): ReadonlyArray<unknown> => {
    const told = reported
    reported = []
    return told
  }

  beforeAll(async () => {
    server = await startPostgres()
    const pages = { "/page": (...args: Parameters<Page>) => current(...args) }
    site = await startSite({ url: server.url }, { pages, report: (error) => reported.push(error), ...options })
  })
  afterAll(async () => {
    await site?.stop()
    await server?.stop()
  })
  afterEach(() => {
    expect(bugs()).toEqual([])
  })

  return {
    get server() {
      return server
    },
    get site() {
      return site
    },
    serve: (handler) => {
      current = handler
    },
    visit: (handler, lines = [], method = "GET") => {
      current = handler
      return Wire.ask(site.port, Wire.request(method, "/page", lines))
    },
    dataOf: async (key) => {
      const visitor = browser()
      visitor.jar.set("sessionid", key ?? "")
      return JSON.parse((await visitor.get(site, "/session")).text)
    },
    countSessions: async () => Number((await site.query("SELECT count(*) AS n FROM django_session"))[0]?.["n"]),
    bugs
  }
}

/** The header line that identifies a browser: its cookies. */
export const cookieOf = (visitor: Browser): string => `Cookie: sessionid=${visitor.jar.get("sessionid")}`

/** The key in the session cookie that a reply sets. */
export const keyIn = (reply: Wire.Reply): string | undefined =>
  Wire.cookiesOf(reply)
    .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
    .find((key) => key !== undefined)
