/** What becomes of the calls that were held: made, or dropped. Whoever waits for a callback or `drain` gets it. */
import { OutgoingMessage, ServerResponse } from "node:http"
import type { AsSent } from "./as-sent.ts"
import type { DivertedDrain } from "./diverted-drain.ts"
import type { Replace } from "./outcome.ts"
import * as Head from "./response-head.ts"

/** The methods of a response that send it. */
export type Methods = Pick<ServerResponse, "writeHead" | "write" | "end" | "flushHeaders">

/** Makes the calls that were held. */
export const replay = (
  res: ServerResponse,
  held: AsSent,
  beneath: Methods,
  diverted: DivertedDrain | undefined
): void => {
  const late = { status: res.statusCode, message: res.statusMessage }
  res.statusCode = held.status
  res.statusMessage = held.message
  if (held.headWritten) Reflect.apply(beneath.writeHead, res, [held.status])
  for (const { method, args } of held.calls) Reflect.apply(beneath[method], res, args)
  // Loggers see what the handler set too late, as they do without us.
  if (late.status !== held.status) res.statusCode = late.status
  if (late.message !== held.message) res.statusMessage = late.message
  // Where Node has to wait for the client, it says itself when the wait is over.
  if (held.owesDrain && !held.ended && !res.writableNeedDrain) process.nextTick(emitDrain, res, diverted)
}

const emitDrain = (res: ServerResponse, diverted: DivertedDrain | undefined): void => {
  if (res.destroyed || res.writableEnded) return
  if (diverted === undefined) res.emit("drain")
  else diverted.emit()
}

/** Drops what was held for a client that is gone. */
export const abandon = (res: ServerResponse, held: AsSent, beneath: Methods): void => {
  for (const { args } of held.calls) refuse(res, args)
  if (held.ended) Reflect.apply(beneath.end, res, [])
}

/** Drops what was held for a response in whose place another was sent. */
export const dropAll = (res: ServerResponse, held: AsSent): void => {
  for (const { method, args } of held.calls) {
    if (method === "write") dropWrite(res, args)
    else if (method === "end") dropEnd(res, args)
  }
}

/** A write to a response that was replaced: refused. */
export const dropWrite = (res: ServerResponse, args: ReadonlyArray<unknown>): false => {
  refuse(res, args)
  return false
}

/** The end of a response that was replaced: its callback waits for the replacement. */
export const dropEnd = (res: ServerResponse, args: ReadonlyArray<unknown>): ServerResponse =>
  Reflect.apply(OutgoingMessage.prototype.end, res, args.filter(isFunction))

/**
 * Sends the replacement, by Node's own methods: whoever wrapped the response has seen nothing of it yet, and might pass
 * it on too late.
 *
 * @param ended whether the handler is done; else the response looks to it as if the client had gone away: `close`
 *   comes before anything else, so that a pipeline fails and destroys its source, and writes are refused
 */
export const sendInstead = (res: ServerResponse, replacement: Replace, ended: boolean): void => {
  Head.replace(res, replacement)
  if (!ended) process.nextTick(emitClose, res)
  Reflect.apply(ServerResponse.prototype.writeHead, res, [replacement.status])
  Reflect.apply(OutgoingMessage.prototype.end, res, [replacement.body])
  if (ended) return
  res.destroyed = true
  // Node emits `close` when the replacement has left, unless this field says that it did.
  Reflect.set(res, "_closed", true)
}

const emitClose = (res: ServerResponse): void => {
  res.emit("close")
}

// Node's own refusal: the callback gets ERR_STREAM_DESTROYED in the next tick, and nothing is emitted.
const refuse = (res: ServerResponse, args: ReadonlyArray<unknown>): void => {
  const { destroyed, finished } = res
  res.destroyed = true
  res.finished = false
  Reflect.apply(OutgoingMessage.prototype.write, res, ["", ...args.filter(isFunction)])
  res.destroyed = destroyed
  res.finished = finished
}

const isFunction = (argument: unknown): boolean => typeof argument === "function"
