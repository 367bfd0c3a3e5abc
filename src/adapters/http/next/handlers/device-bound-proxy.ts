import { StoreUnavailable } from "../../../errors/errors.ts"
import type { BeforePage } from "../../../request/session/device-requests.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { FetchRequestHead } from "../../fetch/fetch-head.ts"
import { type AuthSource, authOf } from "../framework/auth-source.ts"
import { basePath, withoutBasePath } from "../framework/base-path.ts"

/** The type of `deviceBoundProxy`. */
export type DeviceBoundProxy = <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>
) => JudgeDevice

/** Judges a request in the proxy. */
export interface JudgeDevice {
  /** @returns an answer, or `undefined` to let the request go on */
  (request: Request): Promise<Response | undefined>
  /**
   * For a proxy that adds headers itself.
   *
   * @param goesOn what the proxy returns to let the request go on; headers are added to it
   * @returns `goesOn`, or an answer in its place
   */
  (request: Request, goesOn: Response): Promise<Response>
}

/**
 * Makes `deviceBoundProxy`.
 *
 * @param next makes an answer that lets the request go on, and adds its headers to the page's
 */
export const deviceBoundProxyWith =
  (next: () => Response): DeviceBoundProxy =>
  (auth) => {
    async function judge(request: Request): Promise<Response | undefined>
    async function judge(request: Request, goesOn: Response): Promise<Response>
    async function judge(request: Request, given?: Response): Promise<Response | undefined> {
      const { answer, headers } = await authOf(auth)
        .beforePage(new ProxyRequestHead(request))
        .catch((error: unknown) => {
          if (error instanceof StoreUnavailable) return nothing
          throw error
        })
      if (answer !== undefined) return new Response(answer.body, { status: answer.status, headers: answer.headers })
      if (headers.registration === undefined && headers.cookies.length === 0) return given
      const goesOn = given ?? next()
      if (headers.registration !== undefined) goesOn.headers.set("secure-session-registration", headers.registration)
      for (const line of headers.cookies) goesOn.headers.append("set-cookie", line)
      return goesOn
    }
    return judge
  }

const nothing: BeforePage = { headers: { cookies: [] } }

/** The head of a request to a proxy, whose URL has the base path. Next takes its scheme from `X-Forwarded-Proto`. */
class ProxyRequestHead extends FetchRequestHead {
  readonly basePath = basePath()

  constructor(request: Request) {
    super(request, false)
  }
  override get target(): string {
    return withoutBasePath(super.target)
  }
}
