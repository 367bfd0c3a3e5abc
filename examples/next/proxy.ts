/** Does what a page cannot do: writes the session, refuses requests, and sends a Content-Security-Policy. */
import { deviceBoundProxy, withAuth } from "latchkey/next"
import { type NextRequest, NextResponse } from "next/server"
import { noticeKey } from "../site/forms/password-change.ts"
import { notFound } from "../site/page-endpoints.ts"
import { auth } from "./lib/application.ts"
import { noticeHeader } from "./lib/notice.ts"
import { askedOf, responseOf } from "./lib/route.ts"

export const config = { matcher: ["/", "/cart/:path*", "/accounts/:path*"] }

export const proxy = async (request: NextRequest): Promise<Response> => {
  // Server Actions would refuse a POST of another origin too, but with 500.
  if (isPostedElsewhere(request)) return new Response("not sent by this site", { status: 403 })
  const { pathname } = request.nextUrl
  // Next serves the same page with and without a slash at the end of the path.
  if (!pathname.endsWith("/")) return responseOf(notFound(askedOf(request)))
  if (!["GET", "HEAD", "POST"].includes(request.method)) return new Response("method not allowed", { status: 405 })
  if (request.method !== "GET" || pathname !== "/accounts/profile/")
    return boundToDevice(request, goOn(request, undefined))
  const answered = withAuth(auth(), async (request: NextRequest, { session }) => {
    const notice = await session.pop(noticeKey)
    return goOn(request, typeof notice === "string" ? notice : undefined)
  })
  return answered(request, { params: Promise.resolve({}) })
}

/** Of use only with the setting `deviceBound`. */
const boundToDevice = deviceBoundProxy(auth)

const isPostedElsewhere = ({ headers, method }: NextRequest): boolean => {
  const origin = headers.get("origin")
  return method === "POST" && origin !== null && URL.parse(origin)?.host !== headers.get("host")
}

const goOn = (request: NextRequest, notice: string | undefined): Response => {
  // A new nonce for each answer: Next reads it from the request's headers and adds it to its scripts.
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64")
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'"
  ].join("; ")
  const headers = new Headers(request.headers)
  headers.set("content-security-policy", policy)
  headers.delete(noticeHeader)
  if (notice !== undefined) headers.set(noticeHeader, encodeURIComponent(notice))
  return NextResponse.next({ request: { headers }, headers: { "content-security-policy": policy } })
}
