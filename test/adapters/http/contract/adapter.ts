/** What an adapter's test passes to the contract: how to serve one handler with the adapter. */

import type { Auth } from "../../../../src/adapters/api/auth.ts"
import type { AuthContext } from "../../../../src/adapters/api/per-request/promises.ts"
import type { HttpAuthOptions } from "../../../../src/adapters/http/http-options.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"

export type ContractAuth = Auth<MemoryUser, AnyFields>
export type ContractContext = AuthContext<MemoryUser, AnyFields>

/** A handler's request, independent of the framework. */
export interface AskedFor {
  readonly method: string
  /** Path and query. The framework may have normalised it, or may give the whole URL. */
  readonly url: string
  /** @param name in any case */
  readonly header: (name: string) => string | undefined
  /** Reads the body, which no code has read before. */
  readonly text: () => Promise<string>
}

/** A handler's response. */
export interface Reply {
  /** Default 200. */
  readonly status?: number
  /** Pairs, so that a name may be repeated, as `Set-Cookie` is: each pair is a separate line. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  /** Default: no body. An iterable is a stream: each piece is sent as soon as it is available. */
  readonly body?: string | AsyncIterable<string>
}

export type Handler = (context: ContractContext, request: AskedFor) => Promise<Reply>

/** Options that every adapter has. They get the framework's own request; the contract uses only its URL. */
export type ContractOptions = HttpAuthOptions<{ readonly url?: string | undefined }>

/**
 * What some frameworks cannot do, or do instead of latchkey:
 *
 * - `bugs`: a handler's own error (no outage, no refusal) is answered with 500, and `report` and `onError` are called;
 *   without this, the framework chooses the answer
 * - `onError`: the application can replace latchkey's answer to an error
 * - `cookieBytes`: cookies are sent byte by byte as they were written; without this, only their meaning is the same
 * - `streams`: the pieces of a body are sent one by one
 * - `goneStreams`: when the client has disconnected from a stream, the handler's session is still stored
 * - `brokenStreams`: when a body fails midway, the connection is broken off, so that clients see it is incomplete
 * - `rawTarget`: the handler sees the target of the request line, neither decoded nor normalised
 * - `slashes`: its router treats a path with a slash at its end as a different path
 * - `https`: a proxy's header about https is used if the settings trust it
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
   * middleware. The handler's {@link Reply} is sent in the framework's usual way. An error that the handler throws is
   * thrown to the framework. An iterable that throws must fail like a stream of the framework.
   */
  readonly serve: (auth: ContractAuth, handler: Handler, options: ContractOptions) => Promise<Served>
  /** Abilities that the framework lacks, each with the reason. Their tests are skipped, and show the reason. */
  readonly without?: Partial<Readonly<Record<Ability, string>>>
}
