/**
 * CSRF beside a real Django that shares cookies, sessions and the secret key. Without `csrfMode` both answer every request
 * in the same way; with `csrfMode: "fetch-metadata"` cookies and tokens stay the same, and the headers of browsers decide.
 */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { type Browser, browser, cookieShape } from "../rig/browser.ts"
import { django, djangoService, type Site } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const available = [service("postgres"), djangoService()].every((needed) => needed.available)

describe.skipIf(!available)("CSRF beside Django", () => {
  const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
  const closing: Array<() => unknown> = []
  let theirs: Site
  /** Sites of latchkey with the default mode, and by fetch metadata. */
  let [byToken, byMetadata] = [{ url: "" }, { url: "" }]

  beforeAll(async () => {
    const server = await startPostgres()
    const oracle = django({ databaseUrl: server.url, secretKey, passwordIterations: 1 })
    await oracle.migrate()
    theirs = await oracle.serve()
    const pg = postgres({ ...patient, url: server.url })
    const serve = async (mode: object): Promise<{ readonly url: string }> => {
      const auth = createAuth({
        secretKey,
        sessions: pg.sessions,
        backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
        djangoVersion: "4.2",
        ...mode
      })
      const app: Server = createServer(
        nodeAuth(auth, async (req, res, { getCsrfToken }) => {
          res.setHeader("content-type", "application/json")
          res.end(JSON.stringify(req.url === "/csrf" ? { token: await getCsrfToken() } : { ok: true }))
        })
      )
      app.listen(0, "127.0.0.1")
      await once(app, "listening")
      closing.push(() => app.close())
      const address = app.address()
      return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` }
    }
    byToken = await serve({})
    byMetadata = await serve({ csrfMode: "fetch-metadata" })
    closing.push(
      () => pg.close(),
      () => theirs.stop(),
      () => server.stop()
    )
  })
  afterAll(async () => {
    for (const close of closing) await close()
  })

  /** A token in the response of a page, whose cookie is in this browser. */
  const tokenOf = async (client: Browser, site: { readonly url: string }): Promise<string> =>
    String(Object((await client.get(site, "/csrf")).json()).token)
  const post = async (site: { readonly url: string }, client: Browser, headers: Readonly<Record<string, string>>) => {
    const cookie = [...client.jar].map(([name, value]) => `${name}=${value}`).join("; ")
    const type = { "content-type": "application/json", ...(cookie === "" ? {} : { cookie }) }
    const response = await fetch(`${site.url}/protected`, {
      method: "POST",
      headers: { ...type, ...headers },
      body: "{}"
    })
    const { ok, reason } = Object(await response.json())
    return { status: response.status, ok, reason: String(reason) }
  }

  it("cookies and their attributes are those of Django in both modes", async () => {
    const shapes = []
    for (const site of [theirs, byToken, byMetadata]) shapes.push(cookieShape(await browser().get(site, "/csrf")))
    const [django] = shapes
    expect(shapes).toEqual([django, django, django])
  })

  it("a token and a cookie of one site are accepted by the others, in both modes", async () => {
    const sites = () => [theirs, byToken, byMetadata]
    for (const maker of sites()) {
      const client = browser()
      const token = await tokenOf(client, maker)
      for (const site of sites()) {
        expect(await post(site, client, { "x-csrftoken": token })).toMatchObject({ status: 200, ok: true })
        expect((await post(site, client, { "x-csrftoken": "x".repeat(64) })).status).toBe(403)
        expect((await post(site, client, {})).status).toBe(403)
        // A token of this site for the cookie of the other one.
        const again = await tokenOf(client, site)
        expect((await post(maker, client, { "x-csrftoken": again })).status).toBe(200)
      }
    }
  })

  const own = (site: { readonly url: string }) => site.url
  const cases = [undefined, "same-origin", "same-site", "cross-site", "none", "nonsense"].flatMap((metadata) =>
    [undefined, own, () => "null", () => "https://evil.example"].flatMap((origin) =>
      [true, false].map((hasToken) => ({ metadata, origin, hasToken }))
    )
  )
  const headersOf = (
    site: { readonly url: string },
    { hasToken, metadata, origin }: (typeof cases)[number],
    token: string
  ): Readonly<Record<string, string>> => ({
    ...(metadata === undefined ? {} : { "sec-fetch-site": metadata }),
    ...(origin === undefined ? {} : { origin: origin(site) }),
    ...(hasToken ? { "x-csrftoken": token } : {})
  })

  it("without the mode, every combination of headers is answered as Django answers it, with its reason", async () => {
    const client = browser()
    const token = await tokenOf(client, theirs)
    for (const one of cases) {
      const wanted = await post(theirs, client, headersOf(theirs, one, token))
      const found = await post(byToken, client, headersOf(byToken, one, token))
      expect({ ...one, status: found.status }).toEqual({ ...one, status: wanted.status })
      // In development the reason is followed by advice.
      expect(found.reason.replace(byToken.url, theirs.url)).toContain(wanted.reason)
    }
  })

  it("with the mode, a token is needed only where neither header says which page sent the request", async () => {
    const client = browser()
    const token = await tokenOf(client, theirs)
    for (const one of cases) {
      const { status } = await post(byMetadata, client, headersOf(byMetadata, one, token))
      const isForeign = one.metadata === "same-site" || one.metadata === "cross-site"
      const isOwnPage = one.metadata === "same-origin" || one.metadata === "none"
      const origin = one.origin?.(byMetadata)
      const isNullAllowed = origin === "null" && one.metadata === "same-origin"
      const accepts =
        !isForeign && (origin === undefined ? isOwnPage || one.hasToken : origin === byMetadata.url || isNullAllowed)
      expect({ ...one, status }).toEqual({ ...one, status: accepts ? 200 : 403 })
    }
  })
})
