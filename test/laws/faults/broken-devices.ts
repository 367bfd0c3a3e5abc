import type { LawTestSite } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

import { bindingSite } from "./sites.ts"

/** A site that binds sessions to devices, and changes some of its answers. */
const answering = (
  change: (request: Request, response: Response, site: LawTestSite) => Response | Promise<Response>
): LawSite => {
  const site = bindingSite()
  return lawSiteOf(site, (handler) => async (request) => change(request, await handler(request), site))
}

/** Whether a request is a refresh with a proof. */
const isProof = ({ headers, url }: Request): boolean =>
  url.endsWith("/dbsc/refresh") && headers.has("secure-session-response")

const changed = ({ headers }: Response, status: number, lines: ReadonlyArray<string> = headers.getSetCookie()) => {
  const copy = new Headers([...headers].filter(([name]) => name !== "set-cookie"))
  for (const line of lines) copy.append("set-cookie", line)
  return new Response(null, { status, headers: copy })
}

/** By what is wrong. */
export const brokenDevices: Readonly<Record<string, () => LawSite>> = {
  "a site that renews a device-bound session after any proof": () => {
    let last: ReadonlyArray<string> = []
    return answering((request, response) => {
      if (!request.url.includes("/dbsc/")) return response
      if (response.status === 200) last = response.headers.getSetCookie()
      return isProof(request) && response.status === 401 ? changed(response, 200, last) : response
    })
  },
  "a site that accepts the short cookie of another session": () => {
    const own = new Map<string | undefined, string>()
    const site = bindingSite()
    const keyIn = (request: Request) => /sessionid=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1]
    return lawSiteOf(site, (handler) => async (request) => {
      const [key, headers] = [keyIn(request), new Headers(request.headers)]
      const known = own.get(key)
      const sent = headers.get("cookie")?.replace(/(-device)=[^;]+/, (all, end) => (known ? `${end}=${known}` : all))
      if (sent !== undefined) headers.set("cookie", sent)
      const response = await handler(new Request(request, { headers }))
      const given = response.headers.getSetCookie().flatMap((line) => /-device=([^;"]+)/.exec(line)?.[1] ?? [])
      for (const value of given) if (key !== undefined) own.set(key, value)
      return response
    })
  },
  "a site that accepts every registration": () => {
    let last: ReadonlyArray<string> = []
    return answering((request, response) => {
      if (!request.url.endsWith("/dbsc/register")) return response
      if (response.status === 200) last = response.headers.getSetCookie()
      return response.status === 400 ? changed(response, 200, last) : response
    })
  },
  "a site that ends a device-bound session after a wrong proof": () =>
    answering((request, response, site) => {
      if (isProof(request) && response.status === 401) site.reset()
      return response
    }),
  "a site that only observes device-bound sessions": () => lawSiteOf(bindingSite("observe")),
  "a site that answers 404 to a proof for a session that has moved": () =>
    answering((request, response) => (isProof(request) && response.status === 503 ? changed(response, 404) : response)),
  "a site that does not heal links from other sites": () =>
    answering((_, response) => {
      response.headers.delete("refresh")
      return response
    }),
  "a site that offers a registration only at the login": () => {
    const offered = new Set<string | undefined>()
    const site = answering((_, response) => {
      const offer = response.headers.get("secure-session-registration") ?? ""
      const id = /register\.([\w-]{22})/.exec(offer)?.[1]
      if (id !== undefined && offered.has(id)) response.headers.delete("secure-session-registration")
      offered.add(id)
      return response
    })
    return {
      ...site,
      reset: () => {
        offered.clear()
        return site.reset()
      }
    }
  },
  "a site that answers 404 to a proof during an outage": () =>
    answering((request, response) => (isProof(request) && response.status === 503 ? changed(response, 404) : response)),
  "a site whose refreshes set the session cookie": () =>
    answering((request, response) =>
      isProof(request) && response.status === 200
        ? changed(response, 200, [...response.headers.getSetCookie(), "sessionid=x; Path=/; Secure"])
        : response
    ),
  "a site whose short cookies stay in browsers for longer": () =>
    answering(async (_, response) => {
      const lines = response.headers
        .getSetCookie()
        .map((line) => (/-device=./.test(line) ? line.replace(/; expires=[^;]*/i, "").replace("=600", "=900") : line))
      const copy = new Headers([...response.headers].filter(([name]) => name !== "set-cookie"))
      for (const line of lines) copy.append("set-cookie", line)
      return new Response(response.body, { status: response.status, headers: copy })
    }),
  "a site that enforces device-bound sessions although it is told to observe": () => {
    const site = lawSiteOf(bindingSite())
    const { deviceBound } = site
    return deviceBound === undefined ? site : { ...site, deviceBound: { ...deviceBound, observe: () => {} } }
  },
  "a site that adds a header to its answers while it observes": () => {
    let isObserving = false
    const site = answering((_, response) => {
      if (isObserving) response.headers.set("cache-control", "no-store")
      return response
    })
    const { deviceBound } = site
    if (deviceBound === undefined) return site
    return {
      ...site,
      deviceBound: {
        ...deviceBound,
        observe: () => {
          isObserving = true
          deviceBound.observe()
        }
      },
      reset: () => {
        isObserving = false
        return site.reset()
      }
    }
  },
  "a site that answers 401 to a proof over an old challenge": () =>
    answering((request, response) => (isProof(request) && response.status === 403 ? changed(response, 401) : response)),
  "a site that answers 503 to refreshes without a session cookie": () =>
    answering((request, response) =>
      request.url.endsWith("/dbsc/refresh") && response.status === 404 ? changed(response, 503) : response
    )
}
