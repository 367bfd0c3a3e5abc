/** The site with the requests and responses of `node:http`. */
import type { IncomingMessage } from "node:http"
import type { AnyFields } from "latchkey"
import type { NodeAuthOptions, NodeHandler } from "latchkey/node"
import type { DjangoUser } from "latchkey/postgres"
import type { SiteAuth } from "../site/application.ts"
import { pathOf, siteRequest } from "../site/request.ts"
import { type SiteOptions, site } from "../site/site.ts"

export interface NodeSite {
  readonly handler: NodeHandler<DjangoUser, AnyFields>
  readonly options: Pick<NodeAuthOptions, "csrfExempt">
}

/** The handler and options for `nodeAuth`. */
export const nodeSite = (auth: SiteAuth, pages: SiteOptions = {}): NodeSite => {
  const { answer, isCsrfExempt } = site(auth, pages)
  return {
    handler: async (req, res, context) => {
      const { body, headers, status } = await answer(requestOf(req), context)
      res.statusCode = status
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
      res.end(body)
    },
    options: { csrfExempt: (req) => isCsrfExempt(pathOf(req.url ?? "/")) }
  }
}

const requestOf = (req: IncomingMessage) =>
  siteRequest({
    method: req.method,
    target: req.url,
    header: (name) => {
      const value = req.headers[name]
      return Array.isArray(value) ? value.join(", ") : value
    },
    body: req
  })
