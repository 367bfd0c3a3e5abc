/** What the contract has to know of an adapter: how to serve one handler through it. */
import type { HttpAuthOptions } from "../../../../src/adapters/http/options.ts"
import type { AuthContext } from "../../../../src/adapters/interpreter/context.ts"
import type { Auth } from "../../../../src/adapters/interpreter/create-auth.ts"
import type { AnyFields } from "../../../../src/adapters/interpreter/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"

export type ContractAuth = Auth<MemoryUser, AnyFields>
export type ContractContext = AuthContext<MemoryUser, AnyFields>

/** What a handler is told of its request, whatever the framework calls it. */
export interface AskedFor {
  readonly method: string
  /** Path and query; nobody minds if the framework has normalised it, or gives the whole URL. */
  readonly url: string
  /** @param name in any case */
  readonly header: (name: string) => string | undefined
  /** The body, which nobody has read yet. */
  readonly text: () => Promise<string>
}

/** What a handler answers. */
export interface Reply {
  /** Default 200. */
  readonly status?: number
  /** Pairs, so that a name may repeat, as `Set-Cookie` does: each is a line of its own. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  /** Default: none. What is iterated is sent piece by piece, each as soon as it is there. */
  readonly body?: string | AsyncIterable<string>
}

export type Handler = (context: ContractContext, request: AskedFor) => Promise<Reply>

/** Options that every adapter has. They hear of the framework's own request; the contract uses its URL only. */
export type ContractOptions = HttpAuthOptions<{ readonly url?: string | undefined }>

/**
 * What a framework may be unable to do, or does in latchkey's place:
 *
 * - `bugs`: a handler's own error (no outage, no refusal) is answered with 500 and `report` and `onError` hear of it;
 *   without, the framework answers it, and says what it likes
 * - `onError`: an answer of the application's own in place of latchkey's
 * - `cookieBytes`: cookies leave as they are written, to the byte; without, they mean the same
 * - `streams`: the pieces of a body leave one by one
 * - `goneStreams`: a handler that streams to a client which has left is heard of, and its session stored
 * - `brokenStreams`: a body that fails midway is broken off, so that no client takes it for whole
 * - `rawTarget`: the request target is seen as it stands in the request line, neither decoded nor normalised
 * - `slashes`: to its router a path with a slash at its end is another one
 * - `https`: a proxy's word about https is heard, where the settings trust it
 */
export type Ability =
  | "bugs"
  | "onError"
  | "cookieBytes"
  | "streams"
  | "goneStreams"
  | "brokenStreams"
  | "rawTarget"
  | "slashes"
  | "https"

export interface Served {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Ends every connection. */
  readonly close: () => Promise<void>
}

export interface HttpAdapter {
  readonly name: string
  /**
   * Serves this handler on loopback, for every path and every method, with the adapter's authentication and no other
   * middleware. The handler's {@link Reply} is handed to the framework in the framework's own way; what the handler
   * throws is thrown to the framework; an iteration that throws fails as a stream of the framework's does.
   */
  readonly serve: (auth: ContractAuth, handler: Handler, options: ContractOptions) => Promise<Served>
  /** What this framework is without, each with the reason; those tests are skipped by name, with the reason in it. */
  readonly without?: Partial<Readonly<Record<Ability, string>>>
}
