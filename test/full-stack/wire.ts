/** HTTP as bytes on a socket: sends requests that no normal client sends, and returns the exact bytes of the answer. */
import { connect } from "node:net"

export interface Reply {
  readonly status: number
  /** Names in lower case; a repeated header has several values. */
  readonly headers: ReadonlyMap<string, ReadonlyArray<string>>
  readonly body: string
}

/**
 * A request that ends its connection. Header lines are Latin-1, as on the wire. If they contain a Host, it is the only
 * one.
 */
export const request = (
  method: string,
  target: string,
  lines: ReadonlyArray<string> = [],
  body: string | Uint8Array = ""
): Buffer => {
  const length = Buffer.byteLength(body)
  const given = (name: string) => lines.some((line) => line.toLowerCase().startsWith(`${name}:`))
  const framed = length === 0 || given("transfer-encoding") || given("content-length")
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...(given("host") ? [] : ["Host: example.com"]),
    ...(given("connection") ? [] : ["Connection: close"]),
    ...(framed ? [] : [`Content-Length: ${length}`]),
    ...lines,
    "",
    ""
  ]
  return Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), Buffer.from(body)])
}

/** The same, but the connection stays open for the next request. */
export const keepAlive = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString("latin1").replace("Connection: close\r\n", ""), "latin1")

/** Sends bytes and reads until the connection ends; rejects after `withinMs`. */
export const exchange = async (
  port: number,
  bytes: string | Uint8Array,
  withinMs = 30_000
): Promise<ReadonlyArray<Reply>> => {
  const socket = connect(port, "127.0.0.1")
  const chunks: Array<Buffer> = []
  socket.on("data", (chunk) => chunks.push(chunk))
  // A server that refuses a request may close before it has read all of it.
  socket.on("error", () => {})
  socket.write(bytes)
  const received = () => Buffer.concat(chunks).toString("latin1")
  const late = setTimeout(() => {
    chunks.push(Buffer.from("\0late"))
    socket.destroy()
  }, withinMs)
  await new Promise((resolve) => socket.once("close", resolve))
  clearTimeout(late)
  if (received().endsWith("\0late")) throw new Error(`no end within ${withinMs} ms: ${received().slice(0, 200)}`)
  return repliesIn(received())
}

/** Sends one request and returns its reply. */
export const ask = async (port: number, bytes: string | Uint8Array): Promise<Reply> => {
  const [reply, ...others] = await exchange(port, bytes)
  if (reply === undefined || others.length > 0) throw new Error(`${1 + others.length} replies, or none`)
  return reply
}

export const cookiesOf = ({ headers }: Reply): ReadonlyArray<string> => headers.get("set-cookie") ?? []

export const repliesIn = (text: string): ReadonlyArray<Reply> => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return []
  const [first = "", ...lines] = text.slice(0, end).split("\r\n")
  const headers = new Map<string, Array<string>>()
  for (const line of lines) {
    const colon = line.indexOf(":")
    const name = line.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  const status = Number(first.split(" ")[1])
  const bodiless = status < 200 || status === 204 || status === 304
  const [body, rest] = bodiless ? ["", text.slice(end + 4)] : bodyIn(headers, text.slice(end + 4))
  const reply = { status, headers, body: Buffer.from(body, "latin1").toString() }
  return [reply, ...repliesIn(rest)]
}

const bodyIn = (headers: ReadonlyMap<string, ReadonlyArray<string>>, text: string): readonly [string, string] => {
  if (headers.get("transfer-encoding")?.[0] === "chunked") return chunksIn(text)
  const length = headers.get("content-length")?.[0]
  return length === undefined ? [text, ""] : [text.slice(0, Number(length)), text.slice(Number(length))]
}

const chunksIn = (text: string): readonly [string, string] => {
  let body = ""
  let at = 0
  for (;;) {
    const line = text.indexOf("\r\n", at)
    const size = Number.parseInt(text.slice(at, line), 16)
    if (line < 0 || Number.isNaN(size)) return [`${body}<cut off>`, ""]
    at = line + 2
    if (size === 0) return [body, text.slice(at + 2)]
    body += text.slice(at, at + size)
    at += size + 2
  }
}
