/** The calls that were held are made or dropped. In both cases callbacks are called, and `drain` is emitted. */
import type { AsSent } from "./as-sent.ts"
import type { DivertedDrain } from "./diverted-drain.ts"
import type { Args, Method, NativeResponse, NodeResponse } from "./native/native.ts"
import type { Replace } from "./outcome.ts"
import * as Head from "./response-head.ts"

/** The methods of a response that send it. */
export type Methods = Readonly<Record<"writeHead" | "write" | "end" | "flushHeaders", Method>>

/** Makes the calls that were held. */
export const replay = (
  native: NativeResponse,
  held: AsSent,
  beneath: Methods,
  diverted: DivertedDrain | undefined
): void => {
  const { res } = native
  const late = { status: res.statusCode, message: native.statusMessage }
  res.statusCode = held.status
  native.statusMessage = held.message
  if (held.headWritten) Reflect.apply(beneath.writeHead, res, [held.status])
  for (const { method, args } of held.calls) Reflect.apply(beneath[method], res, args)
  // Loggers see what the handler set too late, as they do without us.
  if (late.status !== held.status) res.statusCode = late.status
  if (late.message !== held.message) native.statusMessage = late.message
  // Where Node has to wait for the client, it says itself when the wait is over.
  if (held.owesDrain && !held.ended && !res.writableNeedDrain) process.nextTick(emitDrain, native, diverted)
}

const emitDrain = ({ isDestroyed, res }: NativeResponse, diverted: DivertedDrain | undefined): void => {
  if (isDestroyed || res.writableEnded) return
  if (diverted === undefined) res.emit("drain")
  else diverted.emit()
}

/** Drops what was held for a client that is gone. */
export const abandon = (native: NativeResponse, held: AsSent, beneath: Methods): void => {
  for (const { args } of held.calls) native.refuseAsDestroyed(args)
  if (held.ended) Reflect.apply(beneath.end, native.res, [])
}

/** Drops what was held for a response in whose place another was sent. */
export const dropAll = (native: NativeResponse, held: AsSent): void => {
  for (const { method, args } of held.calls) {
    if (method === "write") dropWrite(native, args)
    else if (method === "end") dropEnd(native, args)
  }
}

/** A write to a response that was replaced: refused. */
export const dropWrite = (native: NativeResponse, args: Args): false => {
  native.refuseAsDestroyed(args)
  return false
}

/** The end of a response that was replaced: its callback waits for the replacement. */
export const dropEnd = (native: NativeResponse, args: Args): NodeResponse => {
  native.endAsSent(args)
  return native.res
}

/**
 * Sends the replacement, by Node's own methods: code that wrapped the response has seen nothing of it yet, and might
 * pass it on too late.
 *
 * @param ended whether the handler is done; else the response looks to it as if the client had gone away: `close`
 *   comes before anything else, so that a pipeline fails and destroys its source, and writes are refused
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
