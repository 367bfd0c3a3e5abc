/** Visits the pages of a site in memory with whole HTTP requests: for browsers that send requests of their own. */
import { isTagged } from "effect/Predicate"
import type { DeviceResponse } from "../../../adapters/errors/errors.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { RequestHandler } from "../../browser/browser.ts"
import { type answered, type MemoryAuth, type Page, statusOf } from "./memory-pages.ts"

/** Visits a page through `browser.fetch`. @param around what changes the site's answers */
export const served =
  (around: (handler: RequestHandler) => RequestHandler): typeof answered =>
  (auth, browser, page, { headers, method = "GET", target = "/" } = {}, failed = () => {}) =>
    browser.fetch(
      around((request) => handled(auth, request, page, failed)),
      target,
      {
        method,
        csrf: false,
        ...(headers === undefined ? {} : { headers: headers.map(([name, value]) => [name, value]) })
      }
    )

/** Does the work of an adapter for one request. An error that is not one of latchkey's is thrown. */
export const handled = async (
  auth: MemoryAuth,
  request: Request,
  page: Page,
  failed: (error: unknown) => void = () => {}
): Promise<Response> => {
  const opened = auth.open(headOfRequest(request))
  try {
    await opened.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    const { location, status, value } = await page(opened.context)
    const { clearSiteData, cookies, registration } = await opened.respond(status)
    const headers = new Headers(cookies.map((line) => ["set-cookie", line]))
    if (clearSiteData !== undefined) headers.set("clear-site-data", clearSiteData)
    if (location !== undefined) headers.set("location", location)
    if (registration !== undefined) headers.set("secure-session-registration", registration)
    return Response.json(value ?? {}, { status, headers })
  } catch (error) {
    failed(error)
    if (isDeviceResponse(error)) return new Response(error.body, { status: error.status, headers: error.headers })
    const status = statusOf(error)
    if (status === undefined) throw error
    return Response.json({}, { status })
  }
}

const isDeviceResponse = (error: unknown): error is DeviceResponse => isTagged(error, "DeviceResponse")

const headOfRequest = ({ headers, method, url }: Request): RequestHead => {
  const { hostname, pathname, port, protocol, search } = new URL(url)
  const secure = protocol === "https:"
  return {
    method,
    target: pathname + search,
    headers: [...headers],
    transport: { secure, serverName: hostname, serverPort: port === "" ? (secure ? "443" : "80") : port },
    hasNoBody: true
  }
}
