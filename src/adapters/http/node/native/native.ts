import type { IncomingMessage, ServerResponse } from "node:http"
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2"

/** A request of `node:http`, or of the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** A response of `node:http`, or of the compatibility API of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse

export type Args = ReadonlyArray<unknown>

/** Any of a response's methods; their overloads differ between the protocols. */
export type Method = (...args: never) => unknown

/**
 * What differs between responses of HTTP/1 and HTTP/2: how Node itself writes, refuses and ends, whatever is installed
 * on the response above that.
 */
export interface NativeResponse {
  readonly res: NodeResponse
  /** Whether the client is gone, or the response was destroyed. */
  readonly isDestroyed: boolean
  /** The text beside the status. HTTP/2 has none: there it is empty and stays so. */
  statusMessage: string
  /** Node's own `writeHead`. */
  readonly writeHead: Method
  /** Whether Node would send this status and message as a final head: 1xx is not one, and out of range it throws. */
  readonly isFinal: (status: unknown, message: unknown) => boolean
  /** Whether the protocol has a header of this name. */
  readonly mayCarry: (name: string) => boolean
  /** From here on Node takes the head for sent: what sets headers throws, `headersSent` is true. */
  readonly showAsSent: () => void
  /** The response is shown as it is again. */
  readonly showAsUnsent: () => void
  /** Sends this head and body, past everything that wraps the response. */
  readonly send: (status: number, body: string) => void
  /** From here on the response looks as if its client had gone: writes are refused, and `destroy` does nothing. */
  readonly showAsGone: () => void
  /** What Node does with a second head. */
  readonly refuseHead: (args: Args) => void
  /** What Node does with a chunk that is none; nothing is sent. */
  readonly refuseChunk: (args: Args) => void
  /** What Node does with a write after the end; nothing is sent. */
  readonly refuseWriteAfterEnd: (args: Args) => void
  /** What Node does with a chunk in a second end; nothing is sent. */
  readonly refuseSecondEnd: (args: Args) => void
  /** What Node does with a write to a response that is destroyed: its callback gets the error, no event is emitted. */
  readonly refuseAsDestroyed: (args: Args) => void
  /** The end of a response that was sent already: its callback is called once the response has left. */
  readonly endAsSent: (args: Args) => void
  /** Breaks a response off whose head has left, so that no client takes it for whole. */
  readonly breakOff: () => void
}

export const isFunction = (argument: unknown): boolean => typeof argument === "function"
