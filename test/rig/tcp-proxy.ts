/**
 * A TCP proxy that can imitate network faults.
 *
 * | call | existing connections | new connections |
 * | --- | --- | --- |
 * | `heal` | all but the forgotten ones deliver what was held back, also of clients that have left | served |
 * | `refuse` | reset | refused |
 * | `reset` | reset | served |
 * | `freeze` | deliver nothing, hold everything back | accepted, nothing delivered |
 * | `detain` | deliver nothing, hold everything back | served |
 * | `forget` | never deliver anything again, and are not closed | served |
 * | `hangUp` | unchanged | accepted and then closed |
 * | `leadTo` | unchanged | go to another server |
 * | `cutAnswers` | the next answer is cut off, and the connection is reset | served |
 */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort } from "./free-port.ts"

export interface TcpProxy {
  readonly host: "127.0.0.1"
  readonly port: number
  /** The same URL, but through the proxy. */
  readonly through: (url: string) => string
  readonly refuse: () => Promise<void>
  readonly reset: () => void
  readonly freeze: () => void
  readonly detain: () => void
  readonly forget: () => void
  readonly hangUp: () => void
  readonly leadTo: (target: Target) => void
  /** Waits for what is delayed, and for 2 seconds at most until the server has done what clients sent before they left. */
  readonly heal: () => Promise<void>
  /** Delays all data in both directions by this many milliseconds. */
  readonly delay: (milliseconds: number) => void
  /**
   * Holds back the server's answers, not the client's requests: the server does the work, but the client gets no
   * answer.
   */
  readonly muteAnswers: () => void
  /**
   * Loses the next answer of each open connection: only so many of its bytes are delivered, then the connection is
   * reset. The server has done the work.
   */
  readonly cutAnswers: (bytes: number) => void
  /** How many connections were accepted so far. */
  readonly accepted: () => number
  readonly close: () => Promise<void>
}

export interface Target {
  readonly host: string
  readonly port: number
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  readonly held: Array<() => void>
  detained: boolean
  forgotten: boolean
  /** How many bytes of the next answer are delivered before the connection is reset; `undefined`: all. */
  cutAfter: number | undefined
}

export const startProxy = async (first: Target): Promise<TcpProxy> => {
  let target = first
  const pairs = new Set<Pair>()
  let frozen = false
  let muted = false
  let hangingUp = false
  let milliseconds = 0
  /** Is over when everything that was delayed is delivered. */
  let delivered: Promise<unknown> = Promise.resolve()
  let accepted = 0

  const cut = ({ client, server: upstream }: Pair, rest: Buffer) => {
    upstream.destroy()
    if (rest.length === 0) client.resetAndDestroy()
    else client.write(rest, () => client.resetAndDestroy())
  }

  const relay = (pair: Pair, from: Socket, to: Socket) => {
    const pass = (chunk: Buffer) => {
      if (pair.forgotten || pair.server.destroyed || to.destroyed) return
      if (pair.cutAfter !== undefined && from === pair.server) return cut(pair, chunk.subarray(0, pair.cutAfter))
      if (frozen || pair.detained || (muted && from === pair.server)) pair.held.push(() => to.write(chunk))
      else to.write(chunk)
    }
    // Data that arrives after the end of a delay waits for what is still delayed: a network keeps the order.
    let delayed = 0
    let last = Promise.resolve()
    from.on("data", (chunk) => {
      if (milliseconds === 0 && delayed === 0) return pass(chunk)
      const due = performance.now() + milliseconds
      delayed++
      last = last.then(async () => {
        await sleep(Math.max(0, due - performance.now()))
        delayed--
        pass(chunk)
      })
      delivered = Promise.all([delivered, last])
    })
    from.on("close", () => {
      // A forgotten connection gets nothing more, not even the end of the other side's connection.
      if (pair.forgotten) return
      // The end comes after the data.
      if (frozen || pair.detained) pair.held.push(() => to.end())
      else if (delayed > 0) last = last.then(() => void to.end())
      else {
        pairs.delete(pair)
        to.destroy()
      }
    })
  }

  const server = createServer({ allowHalfOpen: false }, (client) => {
    accepted++
    client.on("error", () => {})
    if (hangingUp) return void client.resume().end()
    const upstream = connect(target).on("error", () => {})
    const pair: Pair = { client, server: upstream, held: [], detained: false, forgotten: false, cutAfter: undefined }
    pairs.add(pair)
    relay(pair, client, upstream)
    relay(pair, upstream, client)
  })

  const port = await freePort()
  const listen = async () => {
    server.listen(port, "127.0.0.1")
    await once(server, "listening")
  }
  const resetAll = () => {
    for (const { client, server: upstream } of pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
    pairs.clear()
  }

  /** For each client that has left: the end of its connection to the server. */
  const left = () =>
    Array.from(pairs, ({ client, forgotten, server: upstream }) =>
      forgotten || !client.destroyed || upstream.destroyed
        ? undefined
        : new Promise((resolve) => upstream.once("close", resolve))
    )

  await listen()

  return {
    host: "127.0.0.1",
    port,
    through: (url) => {
      const other = new URL(url)
      other.host = `127.0.0.1:${port}`
      return other.href
    },
    refuse: async () => {
      const closed = once(server, "close")
      server.close()
      resetAll()
      await closed
    },
    reset: resetAll,
    freeze: () => {
      frozen = true
    },
    detain: () => {
      for (const pair of pairs) pair.detained = true
    },
    forget: () => {
      for (const pair of pairs) pair.forgotten = true
    },
    hangUp: () => {
      hangingUp = true
    },
    muteAnswers: () => {
      muted = true
    },
    cutAnswers: (bytes) => {
      for (const pair of pairs) pair.cutAfter = bytes
    },
    leadTo: (other) => {
      target = other
    },
    delay: (by) => {
      milliseconds = by
    },
    heal: async () => {
      frozen = false
      muted = false
      hangingUp = false
      milliseconds = 0
      for (const pair of pairs) {
        pair.cutAfter = undefined
        pair.detained = false
        if (pair.forgotten) continue
        for (const deliver of pair.held.splice(0)) deliver()
      }
      if (!server.listening) await listen()
      await delivered
      await Promise.race([Promise.all(left()), sleep(2000)])
    },
    accepted: () => accepted,
    close: async () => {
      const closed = server.listening ? once(server, "close") : Promise.resolve()
      server.close()
      resetAll()
      await closed
    }
  }
}
