import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import type { Gate } from "./gate.ts"

/** The server that {@link tcpGate} puts a proxy before, and the names of what clients send. */
export interface TcpGateOptions {
  /** The port of the server. */
  readonly port: number
  /** The host of the server. Default `127.0.0.1`. */
  readonly host?: string
  /** Names what a client sends, for the story of an order. Default `send`. Must not quote values. */
  readonly label?: (sent: Uint8Array) => string
}

/** A proxy before a server. */
export interface TcpGate {
  /** The port to connect to instead of the server's. */
  readonly port: number
  /** From now on connections break, and new ones are refused. */
  readonly fail: () => void
  /** Ends the faults. */
  readonly heal: () => void
  /** Closes the proxy and its connections. */
  readonly close: () => Promise<void>
}

/**
 * Puts a proxy before a server, for example a database: what clients send waits for its turn. For clients of any kind,
 * also in other processes. A socket does not tell which request it works for, so a call counts as one of the request
 * whose call the gate released last: use {@link gateQueries} where the client is node-postgres.
 *
 * ```ts
 * const gate = new Gate()
 * const proxy = await tcpGate(gate, { port: 5432 })
 * const pool = makePool({ port: proxy.port })
 * ```
 */
export const tcpGate = async (
  gate: Gate,
  { host = "127.0.0.1", label = () => "send", port }: TcpGateOptions
): Promise<TcpGate> => {
  const sockets = new Set<Socket>()
  let isFailing = false
  // A client that has ended its side still gets the answer.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (isFailing) return void client.destroy()
    const upstream = connect({ port, host, allowHalfOpen: true })
    let turn = Promise.resolve()
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      sockets.add(socket)
      socket.on("error", () => other.destroy())
      socket.on("close", () => {
        sockets.delete(socket)
        if (!socket.readableEnded) other.destroy()
      })
    }
    client.on("data", (sent) => {
      // In the order in which the client has sent it.
      turn = turn.then(() => gate.turn(label(sent))).then(() => void upstream.write(sent))
    })
    client.on("end", () => void turn.then(() => upstream.end()))
    upstream.pipe(client)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: portOf(server.address()),
    fail: () => {
      isFailing = true
      destroyAll()
    },
    heal: () => {
      isFailing = false
    },
    close: async () => {
      const closed = once(server, "close")
      server.close()
      destroyAll()
      await closed
    }
  }
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0
