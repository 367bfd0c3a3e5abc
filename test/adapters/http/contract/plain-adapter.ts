/**
 * A minimal adapter: it has the handler's whole answer before it sends anything. Its steps can be replaced
 * by broken ones, to test that the contract detects them.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AuthRequest } from "../../../../src/adapters/api/per-request/auth-request.ts"
import { discardsChanges, type FailureResponse } from "../../../../src/adapters/http/failure-response.ts"
import { answerTo, HandlerRules } from "../../../../src/adapters/http/http-options.ts"
import { NodeRequestHead } from "../../../../src/adapters/http/node/node-head.ts"
import type { AccessRules } from "../../../../src/adapters/request/guards/check-access.ts"
import type { ResponseHeaders } from "../../../../src/adapters/request/scope/request-scope.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { addVary } from "../../../../src/core/http/headers/vary.ts"
import type { RequestHead } from "../../../../src/core/http/request/request-head.ts"
import type { AskedFor, ContractContext, ContractOptions, Handler, HttpAdapter, Reply } from "./adapter.ts"
import { askedFor, headersOf, listen, send } from "./node-server.ts"

export type Request = AuthRequest<MemoryUser, AnyFields>

export interface Steps {
  readonly head: (req: IncomingMessage) => RequestHead
  readonly enter: (request: Request, entry: AccessRules) => Promise<void> | undefined
  readonly handle: (handler: Handler, context: ContractContext, asked: AskedFor) => Promise<Reply>
  /** Runs before the answer is decided. */
  readonly begin: (res: ServerResponse) => void
  readonly decide: (request: Request, status: number, res: ServerResponse) => ResponseHeaders | Promise<ResponseHeaders>
  readonly merge: (reply: Reply, headers: ResponseHeaders) => Reply
  readonly fail: (error: unknown, req: IncomingMessage, options: ContractOptions) => FailureResponse
  /** Whether a failure leaves the session as it was. */
  readonly discardsChanges: (error: unknown) => boolean
  readonly deliver: (res: ServerResponse, reply: Reply) => Promise<void> | void
}

export const sound: Steps = {
  head: (req) => new NodeRequestHead(req),
  enter: (request, entry) => request.enter(entry),
  handle: (handler, context, asked) => handler(context, asked),
  begin: () => {},
  decide: (request, status) => request.respond(status),
  merge: (reply, { cacheControl, clearSiteData, cookies, registration, varyOnCookie }) => {
    const { headers = [] } = reply
    const varied = headersOf(reply).get("Vary")
    const others = headers.filter(([name]) => name !== "Vary" || !varyOnCookie)
    const vary: ReadonlyArray<readonly [string, string]> = varyOnCookie
      ? [["Vary", addVary(varied?.join(), "Cookie")]]
      : []
    const control: ReadonlyArray<readonly [string, string]> =
      cacheControl === undefined || headers.some(([name]) => name.toLowerCase() === "cache-control")
        ? []
        : [["Cache-Control", cacheControl]]
    const asked = Object.entries({
      "Clear-Site-Data": clearSiteData,
      "Secure-Session-Registration": registration
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
    return {
      ...reply,
      headers: [...others, ...vary, ...control, ...asked, ...cookies.map((cookie) => ["Set-Cookie", cookie] as const)]
    }
  },
  fail: (error, req, options) => answerTo(error, req, options),
  discardsChanges: discardsChanges,
  deliver: send
}

export const plainAdapter = (broken: Partial<Steps> = {}): HttpAdapter => {
  const steps = { ...sound, ...broken }
  return {
    name: "a plain adapter",
    serve: (auth, handler, options) =>
      listen(async (req, res) => {
        const request = auth.open(steps.head(req))
        let isDecided = false
        const decided = async (reply: Reply): Promise<Reply> => {
          isDecided = true
          steps.begin(res)
          return steps.merge(reply, await steps.decide(request, reply.status ?? 200, res))
        }
        const failed = async (error: unknown): Promise<Reply> => {
          const { headers, ...failure } = steps.fail(error, req, options)
          const reply = { ...failure, headers: Object.entries(headers) }
          if (steps.discardsChanges(error)) request.discardChanges()
          return isDecided ? reply : decided(reply)
        }
        const answered = async (): Promise<Reply> => {
          await steps.enter(request, new HandlerRules(options, req, undefined))
          return decided(await steps.handle(handler, request.context, askedFor(req)))
        }
        // A stream to a client that has disconnected fails; the error can be ignored.
        await Promise.resolve(steps.deliver(res, await answered().catch(failed).catch(failed))).catch(() => {})
      })
  }
}
