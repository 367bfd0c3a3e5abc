/** A client that looks at an answer while it comes. */
import { AssertionError } from "node:assert"
import { connect } from "node:net"

export interface Client {
  /** What has come so far, as Latin-1. */
  readonly received: () => string
  /** Once this text has come; rejects when the connection ends without it, or after five seconds. */
  readonly until: (text: string) => Promise<void>
  /** Everything, once the connection has ended. */
  readonly end: Promise<string>
  /** Goes away without a word. */
  readonly leave: () => void
}

/** Sends a request and reads on. */
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
  // Whoever leaves, or is hung up on, may get an error for it.
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
        const late = setTimeout(() => fail("five seconds passed"), 5000)
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
