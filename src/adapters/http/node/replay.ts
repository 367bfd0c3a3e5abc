/**
 * Makes or drops the calls that were held back. In both cases callbacks are called; `drain` is emitted after a replay.
 */

import type { DivertedDrain } from "./diverted-drain.ts"
import type { Args, NativeResponse, NodeResponse } from "./native/native.ts"
import type { Replace } from "./response-decision.ts"
import * as Head from "./response-head.ts"
import type { Methods } from "./response-methods.ts"
import type { SentResponseView } from "./sent-response-view.ts"

/** Makes the calls that were held back. */
export const replay = (
  native: NativeResponse,
  held: SentResponseView,
  beneath: Methods,
  diverted: DivertedDrain | undefined
): void => {
  const { res } = native
  const late = { status: res.statusCode, message: native.statusMessage }
  res.statusCode = held.status
  native.statusMessage = held.message
  if (held.headWritten) Reflect.apply(beneath.writeHead, res, [held.status])
  for (const { method, args } of held.calls) Reflect.apply(beneath[method], res, args)
  // A logger sees the status that the handler set too late, as it would without latchkey.
  if (late.status !== held.status) res.statusCode = late.status
  if (late.message !== held.message) native.statusMessage = late.message
  // If Node itself has to wait for the client, it emits `drain` when the wait is over.
  if (held.owesDrain && !held.ended && !res.writableNeedDrain) process.nextTick(emitDrain, native, diverted)
}

const emitDrain = ({ isDestroyed, res }: NativeResponse, diverted: DivertedDrain | undefined): void => {
  if (isDestroyed || res.writableEnded) return
  if (diverted === undefined) res.emit("drain")
  else diverted.emit()
}

/** Drops the calls that were held back, because the client has disconnected. */
export const abandon = (native: NativeResponse, held: SentResponseView, beneath: Methods): void => {
  for (const { args } of held.calls) native.refuseAsDestroyed(args)
  if (held.ended) Reflect.apply(beneath.end, native.res, [])
}

/** Drops the calls that were held back, because another response was sent instead. */
export const dropAll = (native: NativeResponse, held: SentResponseView): void => {
  for (const { method, args } of held.calls) {
    if (method === "write") dropWrite(native, args)
    else if (method === "end") dropEnd(native, args)
  }
}

/** Refuses a write to a response that was replaced. */
export const dropWrite = (native: NativeResponse, args: Args): false => {
  native.refuseAsDestroyed(args)
  return false
}

/** Handles `end` on a response that was replaced: its callback is called once the replacement is sent. */
export const dropEnd = (native: NativeResponse, args: Args): NodeResponse => {
  native.endAsSent(args)
  return native.res
}

/**
 * Sends the replacement with Node's own methods. Packages that replaced the response's methods have not seen a response
 * yet, and might pass this one on too late.
 *
 * @param ended whether the handler has called `end`. If not, the handler sees the response as if the client had
 * disconnected: `close` is emitted before anything else, so that a pipeline fails and destroys its source, and writes
 * are refused.
 */
export const sendInstead = (native: NativeResponse, replacement: Replace, ended: boolean): void => {
  Head.replace(native, replacement)
  if (!ended) process.nextTick(emitClose, native.res)
  native.send(replacement.status, replacement.body)
  if (!ended) native.showAsGone()
}

const emitClose = (res: NodeResponse): void => {
  res.emit("close")
}
