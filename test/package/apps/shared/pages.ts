/** The pages that every application here serves. How a page throws depends on the framework. */
import { type auth, ready } from "./auth.ts"

export type Context = ReturnType<typeof auth.open>["context"]
export type Page = (request: Request, context: Context) => Promise<Response>

export interface Framework {
  /** Throws a redirect to `/elsewhere`, 303. */
  readonly redirect: () => never
  /** Throws a refusal, 418. */
  readonly refuse: () => never
}

/** The messages of the errors that the framework's own error handler got. */
const heard: Array<string> = []
export const hear = (error: unknown): void => {
  heard.push(error instanceof Error ? error.message : String(error))
}

/** Keyed by method and path. */
export const pagesOf = ({ redirect, refuse }: Framework): Readonly<Record<string, Page>> => ({
  "GET /me": async (_request, { getUser, session }) => {
    const visits = await session.get("visits")
    if (visits !== undefined) await session.set("visits", visits + 1)
    return Response.json({ user: (await getUser())?.username ?? null, visits: visits ?? null })
  },
  "GET /csrf": async (_request, { getCsrfToken }) => Response.json({ token: await getCsrfToken() }),
  "POST /login": async (request, { authenticate, login, session }) => {
    await ready
    const user = await authenticate(await request.json())
    if (user === undefined) return Response.json({ error: "invalid" }, { status: 401 })
    await login(user)
    await session.set("visits", 1)
    return Response.json({ user: user.username })
  },
  "POST /logout": async (_request, { logout }) => {
    await logout()
    return new Response(null, { status: 204 })
  },
  "POST /form": async (request, { session, verifyCsrf }) => {
    const form = await request.formData()
    await verifyCsrf(form)
    await session.set("mark", String(form.get("mark")))
    return Response.json({ mark: await session.get("mark") })
  },
  "GET /guarded": async (_request, { requireUser }) => Response.json({ user: (await requireUser()).username }),
  "GET /mark": async (_request, { session }) => Response.json({ mark: (await session.get("mark")) ?? null }),
  "GET /redirected": async (_request, { session }) => {
    await session.set("mark", "redirected")
    return redirect()
  },
  "GET /refused": async (_request, { session }) => {
    await session.set("mark", "refused")
    return refuse()
  },
  "GET /refused-only": async () => refuse(),
  "GET /bug": async (_request, { session }) => {
    await session.set("mark", "bug")
    throw new Error("a bug of the application's")
  },
  "GET /heard": async () => Response.json(heard)
})
