/**
 * Values that frameworks throw to give an answer. They are recognised by their documented shape: the frameworks'
 * packages are not imported here, and an application may contain several copies of one.
 *
 * | thrown                                         | shape                                                | status        |
 * | ---------------------------------------------- | ---------------------------------------------------- | ------------- |
 * | Hono: `HTTPException`                          | an error with `status` and `getResponse()`           | `status`      |
 * | SvelteKit: `redirect()`                        | no error; `status` from 300 to 308, `location`       | `status`      |
 * | SvelteKit: `error()`                           | no error; `status`, `body` with a `message`          | `status`      |
 * | React Router: `data()`                         | `type: "DataWithResponseInit"`, `data`, `init`       | `init.status` |
 * | values for which `isResponse` returns `true`   |                                                      | `status`      |
 */
import { addVary } from "../../../core/http/headers/vary.ts"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { isResponse } from "./fetch-response.ts"

export interface ControlFlow {
  readonly status: number
  /**
   * The value to throw, so that the framework answers; or a response, if the framework's answer would lose the cookies.
   */
  readonly carrying: (headers: ResponseHeaders) => Thrown | Response
}

/** A value to throw. */
export class Thrown {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

/** @returns `undefined` for errors that are not answers */
export const controlFlowOf = (
  error: unknown,
  isAnswer: ((error: unknown) => boolean) | undefined
): ControlFlow | undefined => {
  if (typeof error !== "object" || error === null) return undefined
  return exceptionOf(error) ?? objectOf(error) ?? dataOf(error) ?? (isAnswer?.(error) ? ownOf(error) : undefined)
}

const isStatus = (status: unknown): status is number =>
  typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599

/**
 * Throws the value again for the framework; if there are cookies, which its answer would lose, returns `made()` with
 * them.
 */
export const thrownOrMade = (error: unknown, status: number, made: () => Response): ControlFlow => ({
  status,
  carrying: (headers) => {
    if (headers.cookies.length === 0) return new Thrown(error)
    const response = made()
    return new Response(response.body, { status: response.status, headers: merged(response.headers, headers) })
  }
})

/** Returns a copy, because an application may throw one object for many requests. */
const merged = (
  present: ResponseInit["headers"],
  { cacheControl, clearSiteData, cookies, registration, varyOnCookie }: ResponseHeaders
): Headers => {
  const headers = new Headers(present)
  if (varyOnCookie) headers.set("vary", addVary(headers.get("vary") ?? undefined, "Cookie"))
  if (cacheControl !== undefined && !headers.has("cache-control")) headers.set("cache-control", cacheControl)
  if (clearSiteData !== undefined) headers.set("clear-site-data", clearSiteData)
  if (registration !== undefined) headers.set("secure-session-registration", registration)
  for (const cookie of cookies) headers.append("set-cookie", cookie)
  return headers
}

const exceptionOf = (error: object): ControlFlow | undefined => {
  if (!("getResponse" in error && "status" in error && isStatus(error.status))) return undefined
  const { getResponse, status } = error
  if (typeof getResponse !== "function") return undefined
  return thrownOrMade(error, status, () => {
    const response: unknown = getResponse.call(error)
    return isResponse(response) ? response : new Response(null, { status })
  })
}

const objectOf = (error: object): ControlFlow | undefined => {
  if (error instanceof Error || !("status" in error && isStatus(error.status))) return undefined
  const { status } = error
  if ("location" in error && typeof error.location === "string" && status >= 300 && status <= 308) {
    const { location } = error
    return thrownOrMade(error, status, () => new Response(null, { status, headers: { location } }))
  }
  if ("body" in error && typeof error.body === "object" && error.body !== null && "message" in error.body) {
    const { body } = error
    return thrownOrMade(error, status, () => Response.json(body, { status }))
  }
  return undefined
}

/** React Router keeps the headers of `data()`, also when it renders an error. */
const dataOf = (error: object): ControlFlow | undefined => {
  if (!("type" in error && error.type === "DataWithResponseInit" && "data" in error && "init" in error))
    return undefined
  const { init } = error
  const given: ResponseInit = typeof init === "object" && init !== null ? init : {}
  const status = isStatus(given.status) ? given.status : 200
  return {
    status,
    carrying: (headers) => {
      if (headers.cookies.length === 0 && !headers.varyOnCookie) return new Thrown(error)
      const copy: object = Object.create(Object.getPrototypeOf(error))
      return new Thrown(Object.assign(copy, error, { init: { ...given, headers: merged(given.headers, headers) } }))
    }
  }
}

/** A value without a `status` counts as 200, so the session is stored. */
const ownOf = (error: object): ControlFlow => {
  const status = "status" in error && isStatus(error.status) ? error.status : 200
  const location = "location" in error && typeof error.location === "string" ? error.location : undefined
  return thrownOrMade(
    error,
    status,
    () => new Response(null, { status, headers: location === undefined ? {} : { location } })
  )
}
