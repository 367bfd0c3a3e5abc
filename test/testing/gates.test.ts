/** Gates for queries of node-postgres and for connections: the order of what a site's own client sends. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import { everyOrder, Gate, gateQueries, OrderBroken, tcpGate } from "../../src/testing/index.ts"

/** A client with the `query` of node-postgres, and a table with one row. */
const makeDatabase = () => {
  const table = { value: 0 }
  class Client {
    query(query: string | { readonly text: string }, done?: (error: unknown, value?: number) => void): unknown {
      const text = typeof query === "string" ? query : query.text
      const run = async (): Promise<number> => {
        const [, written] = /^UPDATE counters SET value = (\d+)/.exec(text) ?? []
        if (written !== undefined) table.value = Number(written)
        return table.value
      }
      if (done === undefined) return run()
      void run().then((value) => done(null, value))
      return undefined
    }
  }
  return { Client, table }
}

describe("gateQueries", () => {
  it.each(["promises", "callbacks"])("finds a lost update of an application that queries with %s", async (kind) => {
    const { Client, table } = makeDatabase()
    const gate = new Gate()
    const queries = gateQueries(Client, gate)
    const ask = (text: string): Promise<number> =>
      kind === "promises"
        ? Promise.resolve(new Client().query({ text })).then(Number)
        : new Promise((resolve, reject) => {
            new Client().query(text, (error, value) => (error ? reject(error) : resolve(Number(value))))
          })
    const add = async () => {
      const value = await ask('SELECT value FROM "counters"')
      await ask(`UPDATE counters SET value = ${value + 1}`)
    }
    const site = { gate, reset: () => void Object.assign(table, { value: 0 }) }
    const scene = () => ({ requests: [add, add], check: () => expect(table.value).toBe(2) })
    const error = await everyOrder(site, scene).catch((one: unknown) => one)
    if (!(error instanceof OrderBroken)) throw error
    expect(error.message).toContain(
      "  A select counters\n  B select counters\n  B update counters\n  A update counters\n"
    )
    expect(error.message).toContain("4 of 6 orders fail")
    const replay = (only: string) => everyOrder(site, scene, { only })
    await expect(replay(error.order)).rejects.toThrow(`order "${error.order}", 2 switches; 1 of 1 order fails`)
    await expect(replay("A A B B")).resolves.toMatchObject({ orders: 1, complete: false })
    expect(table.value).toBe(2)
    await expect(replay("A A A")).rejects.toThrow("A has nothing to do after A A; it could be B")
    queries.fail()
    await expect(ask("SELECT 1")).rejects.toThrow("ECONNREFUSED")
    queries.heal()
    expect(await ask("SELECT 1")).toBeTypeOf("number")
    queries.remove()
    expect(Object.hasOwn(Client.prototype, "query")).toBe(true)
  })
})

describe("tcpGate", () => {
  /** A server that answers `get` with its value, and `set n` with `ok`. */
  const startServer = async () => {
    const state = { value: 0 }
    const server = createServer((socket) =>
      socket.on("data", (sent) => {
        const [verb, value] = String(sent).split(" ")
        if (verb === "set") state.value = Number(value)
        socket.write(verb === "set" ? "ok" : String(state.value))
      })
    ).listen(0, "127.0.0.1")
    await once(server, "listening")
    return { server, state, port: (server.address() as AddressInfo).port }
  }
  const open = async (port: number): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1")
    await once(socket, "connect")
    return socket
  }
  const ask = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text)
    return String((await once(socket, "data"))[0])
  }

  it("passes the answer to a client that has ended its side", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("end", () => socket.end("x".repeat(1_000_000))).resume()
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const proxy = await tcpGate(new Gate(), { port: (server.address() as AddressInfo).port })
    const client = connect(proxy.port, "127.0.0.1").end("a question")
    expect((await text(client)).length).toBe(1_000_000)
    await proxy.close()
    server.close()
  })

  it("orders what clients send, and names that it waited for sockets", async () => {
    const { port, server, state } = await startServer()
    const gate = new Gate()
    const proxy = await tcpGate(gate, { port, label: (sent) => String(sent).split(" ")[0] ?? "" })
    const sockets = [await open(proxy.port), await open(proxy.port)]
    const add = (socket: Socket) => async () => {
      await ask(socket, `set ${Number(await ask(socket, "get")) + 1}`)
    }
    const site = { gate, reset: () => void Object.assign(state, { value: 0 }) }
    const scene = () => ({ requests: sockets.map(add), check: () => expect(state.value).toBe(2) })
    const error = await everyOrder(site, scene, { incomplete: "allowed" }).catch((one: unknown) => one)
    if (!(error instanceof OrderBroken)) throw error
    expect(error.message).toContain("  A get\n  B get\n")
    const replay = (only: string) => everyOrder(site, scene, { only })
    await expect(replay(error.order)).rejects.toThrow(`order "${error.order}"`)
    await expect(replay(error.order)).rejects.toThrow("1 of 1 order fails")
    expect(state.value).toBe(1)
    await expect(replay("A A B B")).resolves.toMatchObject({ orders: 1, complete: false })
    expect(state.value).toBe(2)
    for (const socket of sockets) socket.destroy()
    proxy.fail()
    const refused = await open(proxy.port)
    await once(refused, "close")
    proxy.heal()
    const again = await open(proxy.port)
    expect(await ask(again, "get")).toMatch(/^\d$/)
    again.destroy()
    await proxy.close()
    server.close()
  })
})
