/** An application on the memory stores, with browsers. One PBKDF2 iteration. */

import type { Auth } from "../../../src/adapters/api/auth.ts"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../src/adapters/api/options/auth-options.ts"
import type { AuthContext } from "../../../src/adapters/api/per-request/promises.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { ResponseHeaders } from "../../../src/adapters/request/scope/request-scope.ts"
import type { AnyFields } from "../../../src/adapters/request/session/session-access.ts"
import { type MemoryStores, type MemoryUser, memory } from "../../../src/adapters/store/memory.ts"

export const model = "django.contrib.auth.backends.ModelBackend"

export interface Application {
  readonly stores: MemoryStores
  readonly auth: Auth<MemoryUser, AnyFields>
}

export const application = async (options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}): Promise<Application> => {
  const stores = memory()
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "secret-key",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    ...options
  })
  await auth.createUser({ username: "alice", password: "alice's" })
  await auth.createUser({ username: "bob", password: "bob's" })
  return { stores, auth }
}

export type Handler = (context: AuthContext<MemoryUser, AnyFields>) => Promise<unknown> | unknown

export interface Browser {
  readonly cookies: Map<string, string>
  /** Makes one request, and stores the cookies of its response. */
  readonly visit: (handler: Handler, status?: number) => Promise<ResponseHeaders>
}

export const browser = ({ auth }: Pick<Application, "auth">, cookies = new Map<string, string>()): Browser => ({
  cookies,
  visit: async (handler, status = 200) => {
    const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ")
    const request = auth.open({
      method: "GET",
      target: "/",
      headers: cookie === "" ? [] : [["Cookie", cookie]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
    await handler(request.context)
    const headers = await request.respond(status)
    for (const line of headers.cookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes("Max-Age=0")) cookies.delete(name)
      else cookies.set(name, value)
    }
    return headers
  }
})

export const logIn =
  (username = "alice", password = `${username}'s`): Handler =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password })
    if (user === undefined) throw new Error("wrong password")
    await login(user)
  }

export const whoIsThere = async (visitor: Browser): Promise<string | undefined> => {
  let name: string | undefined
  await visitor.visit(async ({ getUser }) => {
    name = (await getUser())?.username
  })
  return name
}
