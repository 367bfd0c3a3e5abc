import { connect } from "node:net"
import { text } from "node:stream/consumers"
import { everyOrder, Gate, tcpGate } from "latchkey/testing"
import { expect, test } from "vitest"
import { startCounter } from "./counter.ts"

// The application under test: it reads a number from a server and writes the next one. Two at the same time may write the same.
const counter = await startCounter()
const ask = (port: number, words: string) => text(connect(port, "127.0.0.1").end(words))
const increment = async (port: number) => ask(port, `set ${Number(await ask(port, "get")) + 1}`)

test("the error names an order in which an increment is lost", async () => {
  const gate = new Gate()
  const { port } = await tcpGate(gate, { port: counter.port, label: (sent) => (sent.length > 3 ? "set" : "get") })
  const check = () => expect(counter.value()).toBe(2)
  const scene = () => ({ requests: [() => increment(port), () => increment(port)], check })
  await expect(everyOrder({ gate, reset: counter.reset }, scene)).rejects.toThrow("A get\n  B get\n")
})
