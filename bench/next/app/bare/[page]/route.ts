/** The baseline on Next.js. */
import type { NextRequest } from "next/server"
import { answer } from "../../../../servers/bare-work.ts"

export const GET = async (request: NextRequest, { params }: { params: Promise<{ page: string }> }) => {
  const { body, cookie } = await answer(
    `/${(await params).page}${request.nextUrl.search}`,
    request.headers.get("cookie") ?? undefined
  )
  const headers = new Headers({ "content-type": "application/json" })
  if (cookie !== undefined) headers.append("set-cookie", cookie)
  return new Response(body, { headers })
}
