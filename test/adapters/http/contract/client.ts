/** A client that reads an answer while it arrives. */
import { AssertionError } from "node:assert"
import { connect } from "node:net"

export interface Client {
  /** The bytes received so far, as Latin-1. */
  readonly received: () => string
  /** Resolves when this text has arrived; rejects when the connection ends without it, or after 20 seconds. */
  readonly until: (text: string) => Promise<void>
  /** Resolves with all bytes when the connection has ended. */
  readonly end: Promise<string>
  /** Destroys the connection. */
  readonly leave: () => void
}

/** Sends a request and reads the answer. */
export const open = (port: number, bytes: Uint8Array): Client => {
  const socket = connect(port, "127.0.0.1")
  const ended = Promise.withResolvers<string>()
  const watchers = new Set<() => void>()
  let text = ""
  let isOver = false
  const look = (): void => {
    for (const watcher of watchers) watcher()
  }
  socket.setEncoding("latin1")
  socket.on("data", (piece) => {
    text += piece
    look()
  })
  // A socket may emit an error when either side destroys the connection.
  socket.on("error", () => {})
  socket.on("close", () => {
    isOver = true
    ended.resolve(text)
    look()
  })
  socket.write(bytes)
  return {
    received: () => text,
    end: ended.promise,
    leave: () => socket.resetAndDestroy(),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          clearTimeout(late)
          watchers.delete(watcher)
        }
        const fail = (why: string): void => {
          stop()
          const message = `${why} without ${JSON.stringify(wanted)}: ${JSON.stringify(text.slice(0, 400))}`
          reject(new AssertionError({ message }))
        }
        const late = setTimeout(() => fail("20 seconds passed"), 20_000)
        const watcher = (): void => {
          if (text.includes(wanted)) {
            stop()
            resolve()
          } else if (isOver) fail("the connection ended")
        }
        watchers.add(watcher)
        watcher()
      })
  }
}
