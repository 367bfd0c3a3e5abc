/**
 * An application on Next.js outside this repository, with the package installed by npm: it builds, runs, and logs users
 * in. Each version of Next has a test file, so that two are built at the same time.
 */
import { rmSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { Browser } from "../../src/testing/browser/browser.ts"
import { launch, visitor } from "../browser/chromium.ts"
import { browser } from "../rig/browser.ts"
import type { Child } from "../rig/child.ts"
import { freePort } from "../rig/free-port.ts"
import type { Service } from "../rig/services.ts"
import { type Application, install, locked, type Versions } from "./installed.ts"
import { componentPages, testComponents } from "./next-components.ts"
import { testDeviceBound } from "./next-device-bound.ts"
import { type Packed, pack } from "./packed.ts"

const minutes = 60_000
const alice = { username: "alice", password: "correct horse" }

export interface NextApplication {
  readonly name: string
  readonly packages: Versions
  readonly hostname: string
  /** The name of the proxy file and its function in this version of Next. */
  readonly proxy: "proxy" | "middleware"
  /** The `basePath` of next.config; with one, `trailingSlash` is on as well. */
  readonly basePath: string
  /** Whether only device-bound sessions are tested, with a proxy that judges them. Next 16. */
  readonly isDeviceBound?: boolean
}

/** In Next 16 the proxy runs on Node, so that it can load sessions. */
const bothProxies = `export { both as proxy } from "./lib/bound-proxy"
export const config = { matcher: ["/account", "/login", "/bound"] }
`

/** The form component needs React 19. */
const hasFormComponent = ({ react }: Versions): boolean => !String(react).startsWith("18.")

export const react19 = locked("examples/next/package-lock.json", ["react", "react-dom", "@types/react"])

export const next16 = {
  packages: {
    ...react19,
    ...locked("examples/next/package-lock.json", ["next"]),
    ...locked("package-lock.json", ["typescript"])
  },
  hostname: "127.0.0.1",
  proxy: "proxy"
} as const

export const next15 = { hostname: "localhost", proxy: "middleware" } as const // see loginProxy

export const testNextApplication = (
  { basePath, hostname, isDeviceBound = false, name, packages, proxy }: NextApplication,
  needs: ReadonlyArray<Service>
): void => {
  describe.skipIf(!needs.every(({ available }) => available))(`an application on ${name}`, () => {
    const next = "node_modules/next/dist/bin/next"
    /** The path as Next writes it for a page. */
    const at = (path: string): string => `${basePath}${path}${basePath === "" ? "" : "/"}`
    let packed: Packed
    let app: Application
    let server: Child
    let url: string
    beforeAll(async () => {
      packed = pack()
      app = await install("next", packed.tarball, { ...locked("package-lock.json", ["@types/node"]), ...packages })
      app.edit("lib/base-path.ts", (text) => text.replace('""', JSON.stringify(basePath)))
      app.edit("proxy.ts", (text) => text.replace("export const proxy =", `export const ${proxy} =`), `${proxy}.ts`)
      if (isDeviceBound) app.write("proxy.ts", bothProxies)
      if (!hasFormComponent(packages))
        for (const page of [
          ...componentPages.map((page) => `app/${page}`),
          "app/accounts/actions.ts",
          "lib/link-page.tsx"
        ])
          rmSync(join(app.folder, page), { recursive: true })
      await app.run(next, "build") // and checks the types
      const port = await freePort()
      url = `http://${hostname}:${port}`
      server = app.start(next, "start", "-H", hostname, "-p", String(port))
      await server.printed(/Ready in/, 5 * minutes)
    }, 20 * minutes)
    afterAll(async () => {
      await server?.kill()
      app?.remove()
    }, 20 * minutes)

    const cookieOf = (jar: ReadonlyMap<string, string>): string =>
      [...jar].map(([name, value]) => `${name}=${value}`).join("; ")

    /** The id of the only action on a page. */
    const actionOn = async (page: string, jar: ReadonlyMap<string, string> = new Map()): Promise<string> => {
      const html = await (await fetch(url + page, { headers: { cookie: cookieOf(jar) } })).text()
      const [, id] = /\$ACTION_ID_([0-9a-f]+)/.exec(html) ?? []
      if (id === undefined) throw new Error(`there is no action on ${page}:\n${html}`)
      return id
    }

    /** Calls an action as Next's router in the browser does, without arguments. */
    const call = (page: string, action: string, jar: ReadonlyMap<string, string>) =>
      fetch(url + page, {
        method: "POST",
        redirect: "manual",
        headers: {
          cookie: cookieOf(jar),
          origin: url,
          accept: "text/x-component",
          "next-action": action,
          "content-type": "text/plain;charset=UTF-8"
        },
        body: "[]"
      })

    /** Sends the form of an action as a browser without JavaScript does. */
    const send = (page: string, action: string, fields: Readonly<Record<string, string>> = {}) => {
      const body = new FormData()
      for (const [name, value] of Object.entries({ [`$ACTION_ID_${action}`]: "", ...fields })) body.set(name, value)
      return fetch(url + page, { method: "POST", redirect: "manual", headers: { origin: url }, body })
    }

    const pathOf = (location: string | null | undefined): string | undefined => {
      const { origin, pathname, search } = new URL(location ?? "", url)
      expect(origin).toBe(url)
      return pathname + search
    }

    testDeviceBound({ at, url: () => url, hasProxy: isDeviceBound })
    if (isDeviceBound) return

    it("does not show a user's page to anonymous visitors", async () => {
      const page = await browser().get({ url }, at(""))
      expect([page.status, page.cookies]).toEqual([200, []])
      expect(page.text).toContain('<p id="who">anonymous</p>')
    })

    it("logs a user in by a route and shows the user's pages, with the session's data", async () => {
      const { get, jar, post } = browser()
      expect((await post({ url }, at("/api/login"), { ...alice, password: "wrong" })).status).toBe(401)
      expect((await post({ url }, at("/api/login"), alice)).text).toBe('{"user":"alice"}')
      expect([...jar.keys()]).toContain("sessionid")
      expect((await get({ url }, at(""))).text).toContain('<p id="who">alice, 7 visits</p>')
      expect((await get({ url }, at("/account"))).text).toContain('<p id="account">alice</p>')
      expect((await get({ url }, at("/members"))).text).toBe("for members")
    })

    it("keeps the login of a route that then calls notFound()", async () => {
      const { get, jar, post } = browser()
      expect((await post({ url }, at("/api/leave"), alice)).status).toBe(404)
      expect([...jar.keys()]).toContain("sessionid")
      expect((await get({ url }, at("/account"))).text).toContain('<p id="account">alice</p>')
    })

    it("loads the session once while a page is rendered, however many components read it", async () => {
      const { get, post } = browser()
      await post({ url }, at("/api/login"), alice)
      const loads = async () => Number((await get({ url }, at("/loads"))).text)
      for (const _request of ["first", "second"]) {
        const before = await loads()
        const { text } = await get({ url }, at("/crowd"))
        expect(text.match(/>(For )?alice</g)).toHaveLength(6)
        expect(await loads()).toBe(before + 1)
      }
    })

    it("redirects to one login page from its proxy, pages and routes, with the whole path of the page in next", async () => {
      const stranger = browser()
      const sentTo = async (path: string) => {
        const { headers, status } = await stranger.get({ url }, path)
        return [status, pathOf(headers.get("location"))]
      }
      const login = `${basePath}/login?next=`
      expect(await sentTo(`${at("/account")}?tab=2`)).toEqual([302, `${login}${at("/account")}%3Ftab%3D2`])
      expect(await sentTo(`${at("/members")}?a=1`)).toEqual([302, `${login}${at("/members")}%3Fa%3D1`])
      stranger.jar.set("sessionid", "a".repeat(32))
      expect(await sentTo(at("/account"))).toEqual([307, `${login}${basePath}/account`])
      expect((await browser().get({ url }, `${at("/login")}?next=${at("/account")}`)).text).toContain(
        `value="${at("/account")}"`
      )
    })

    it("logs a user in by the form of a page, and redirects to the page that was requested", async () => {
      const action = await actionOn(at("/login"))
      const arrived = await send(at("/login"), action, { ...alice, next: at("/account") })
      expect([arrived.status, pathOf(arrived.headers.get("location"))]).toEqual([303, at("/account")])
      const home = await send(at("/login"), action, { ...alice, next: "https://evil.example/" })
      expect(pathOf(home.headers.get("location"))).toBe(basePath || "/")
    })

    it("redirects the actions of a page behind the proxy when the session has expired", async () => {
      const { jar, post } = browser()
      await post({ url }, at("/api/login"), alice)
      const action = await actionOn(at("/account"), jar)
      expect((await call(at("/account"), action, jar)).headers.get("x-action-redirect")).toBe(null)
      const login = `${basePath}/login?next=`
      for (const stale of [new Map(), new Map([["sessionid", "a".repeat(32)]])]) {
        const called = await call(at("/account"), action, stale)
        const [location] = called.headers.get("x-action-redirect")?.split(";") ?? []
        expect([called.status < 400, pathOf(location)]).toEqual([true, `${login}${basePath}/account`])
      }
      const sent = await send(at("/account"), action)
      expect([sent.status, pathOf(sent.headers.get("location"))]).toEqual([302, `${login}${at("/account")}`])
    })

    it("serves the account pages, and sends their mails after the response", async () => {
      const visitor = new Browser({ origin: url })
      const accounts = (path: string) => at(`/accounts/${path}`)
      const shown = await visitor.fetch(url, accounts("login"))
      expect([shown.status, shown.headers.get("cache-control")]).toEqual([200, "no-store"])
      const wrong = await visitor.fetch(url, accounts("login"), { form: { ...alice, password: "wrong" } })
      expect([wrong.status, (await wrong.text()).includes("Please enter a correct username")]).toEqual([200, true])
      const asked = await visitor.fetch(url, accounts("password_reset"), { form: { email: "alice@shop.example" } })
      expect([asked.status, pathOf(asked.headers.get("location"))]).toEqual([302, accounts("password_reset/done")])
      const mails = await vi.waitFor(async () => {
        const { text } = await browser().get({ url }, at("/mails"))
        expect(text).toContain(`${basePath}/accounts/reset/`)
        return text
      }, 20_000)
      const [link = ""] = /http:[^\s\\]*\/accounts\/reset\/[^\s\\"]*/.exec(mails) ?? []
      const opened = await visitor.fetch(url, link)
      expect([opened.status, opened.headers.get("location")]).toEqual([302, expect.stringContaining("set-password")])
      const right = await visitor.fetch(url, accounts("login"), { form: { ...alice, next: at("/members") } })
      expect([right.status, pathOf(right.headers.get("location"))]).toEqual([302, at("/members")])
      expect(await (await visitor.fetch(url, at("/members"))).text()).toBe("for members")
      expect((await visitor.fetch(url, accounts("logout"), { form: {} })).status).toBe(200)
      expect((await visitor.fetch(url, at("/members"))).status).toBe(302)
    })

    if (hasFormComponent(packages)) testComponents({ at, basePath, url: () => url })

    it("ends the request of a visitor refused by a guard: pages, actions and routes", async () => {
      const { get, jar, post } = browser()
      for (const by of ["permission", "name", "role"]) {
        const { headers, status } = await get({ url }, `${at("/editors")}?by=${by}`)
        expect([status, pathOf(headers.get("location"))]).toEqual([307, `${basePath}/login?next=${basePath}/editors`])
      }
      expect((await get({ url }, at("/api/editors"))).status).toBe(302)
      await post({ url }, at("/api/login"), alice)
      // Next has no 403 for pages unless `experimental.authInterrupts` is set.
      expect((await get({ url }, `${at("/editors")}?by=permission`)).status).toBe(404)
      expect((await get({ url }, `${at("/editors")}?by=role`)).status).toBe(404)
      expect((await get({ url }, `${at("/editors")}?by=name`)).text).toContain('<p id="editor">alice</p>')
      expect((await get({ url }, at("/api/editors"))).status).toBe(403)
      const action = await actionOn(`${at("/editors")}?by=name`, jar)
      expect((await call(at("/editors"), action, jar)).status).toBe(404)
      const called = await call(at("/editors"), action, new Map())
      const [location] = called.headers.get("x-action-redirect")?.split(";") ?? []
      expect(pathOf(location)).toBe(`${basePath}/login?next=${basePath}/editors`)
    })

    it("answers a host that is not in allowedHosts without a server error", async () => {
      const asked = (path: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const { hostname, port } = new URL(url)
          request({ hostname, port, path, headers: { host: "evil.example" } }, (response) => {
            response.resume()
            resolve(response.statusCode)
          })
            .on("error", reject)
            .end()
        })
      expect([await asked(at("/api/editors")), await asked(at("/editors"))]).toEqual([400, 404])
    })

    it("redirects a browser whose session expires to the login page and back, without an error", async () => {
      const chromium = await launch()
      try {
        const page = await visitor(chromium, { url })
        const errors: Array<string> = []
        page.on("pageerror", ({ message }) => errors.push(message))
        const logIn = async () => {
          await page.waitForURL((place) => place.pathname.startsWith(`${basePath}/login`))
          await page.locator("[name=username]").fill(alice.username)
          await page.locator("[name=password]").fill(alice.password)
          await page.getByRole("button", { name: "Log in" }).click()
          await page.waitForURL((place) => place.pathname.startsWith(`${basePath}/account`))
        }
        const visit = () => page.getByRole("button", { name: "Visit" }).click()
        await page.goto(url + at("/account"))
        await logIn()
        await visit()
        await page.locator("#visits", { hasText: "1" }).waitFor()
        await page.context().clearCookies()
        await visit()
        await logIn()
        await page.locator("#visits", { hasText: "0" }).waitFor()
        expect(errors).toEqual([])
      } finally {
        await chromium.close()
      }
    })

    it("every Next entry can also be imported outside Next", async () => {
      const imported = [
        "next",
        "next/reader",
        "next/proxy",
        "next/accounts",
        "next/account-actions",
        "next/account-form"
      ]
        .map((door) => `import("latchkey/${door}")`)
        .join(",")
      app.write("doors.mjs", `console.log((await Promise.all([${imported}])).flatMap(Object.keys).join(" "))`)
      expect(await app.run("doors.mjs")).toBe(
        "deviceBoundProxy deviceBoundRoutes withAuth withAuthAction reader requirePermission requireRecentLogin requireUser requireUserWhere loginProxy nextAccounts accountAction accountForm accountLinkForm accountSessions AccountForm AccountSessions\n"
      )
    })
  })
}
