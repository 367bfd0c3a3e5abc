import type { IncomingMessage, ServerResponse } from "node:http"
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2"

/** A request of `node:http`, or of the compatibility API of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** A response of `node:http`, or of the compatibility API of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse

export type Args = ReadonlyArray<unknown>

/** Any method of a response. The overloads differ between the protocols. */
export type Method = (...args: never) => unknown

/**
 * The differences between responses of HTTP/1 and HTTP/2: how Node itself writes, refuses and ends. Methods that other
 * packages have put on the response are not used.
 */
export interface NativeResponse {
  readonly res: NodeResponse
  /** Whether the client has disconnected, or the response was destroyed. */
  readonly isDestroyed: boolean
  /** The text after the status. In HTTP/2 it does not exist and is always empty. */
  statusMessage: string
  /** Whether Node would send this status and message as the final head. 1xx is not final; out of range, Node throws. */
  readonly isFinal: (status: unknown, message: unknown) => boolean
  /** Whether the protocol allows a header of this name. */
  readonly mayCarry: (name: string) => boolean
  /** Whether names of one object that differ only in case are separate lines. In HTTP/2 the last one counts. */
  readonly repeatsNames: boolean
  /** Makes Node treat the head as sent: methods that set headers throw, and `headersSent` is true. */
  readonly showAsSent: () => void
  /** Undoes `showAsSent`. */
  readonly showAsUnsent: () => void
  /** Sends this head and body with Node's own methods only. */
  readonly send: (status: number, body: string) => void
  /** Makes the response look as if the client had disconnected: writes are refused, and `destroy` does nothing. */
  readonly showAsGone: () => void
  /** Does what Node does with a second head. */
  readonly refuseHead: (args: Args) => void
  /** Does what Node does with a chunk of a wrong type. Nothing is sent. */
  readonly refuseChunk: (args: Args) => void
  /** Does what Node does with a write after the end. Nothing is sent. */
  readonly refuseWriteAfterEnd: (args: Args) => void
  /** Does what Node does with a chunk in a second `end`. Nothing is sent. */
  readonly refuseSecondEnd: (args: Args) => void
  /** Does what Node does with a write to a destroyed response: its callback gets the error, and no event is emitted. */
  readonly refuseAsDestroyed: (args: Args) => void
  /** Handles `end` on a response that was already sent: its callback is called once the response has left. */
  readonly endAsSent: (args: Args) => void
  /** Aborts a response whose head is sent, so that no client takes it for complete. */
  readonly breakOff: () => void
}

export const isFunction = (argument: unknown): boolean => typeof argument === "function"
