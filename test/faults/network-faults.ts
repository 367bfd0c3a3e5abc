/** Rows of the tables for a network that misbehaves: they are the same for every server behind the proxy. */
import { setTimeout as sleep } from "node:timers/promises"
import type { TcpProxy } from "../rig/tcp-proxy.ts"
import { type Fault, outage, readsUnnoticed, unnoticed, writesRefused } from "./matrix.ts"

/** What has the same row whenever it happens. */
const faultsAtAnyMoment = (proxy: () => TcpProxy): Readonly<Record<string, Fault>> => {
  const heal = () => proxy().heal()
  return {
    "refuses connections": { row: outage, carriedOut: "never", strike: () => proxy().refuse(), heal },
    "delivers requests, and no answers": {
      row: outage,
      carriedOut: "perhaps",
      strike: () => proxy().muteAnswers(),
      heal
    },
    "is slow, but not too slow": { row: unnoticed, carriedOut: "never", strike: () => proxy().delay(60), heal }
  }
}

export const networkFaults = (proxy: () => TcpProxy): Readonly<Record<string, Fault>> => {
  const heal = () => proxy().heal()
  return {
    ...faultsAtAnyMoment(proxy),
    "closes every new connection": {
      row: outage,
      carriedOut: "never",
      strike: () => {
        proxy().hangUp()
        proxy().reset()
      },
      heal
    },
    "delivers nothing, on old and new connections": {
      row: outage,
      carriedOut: "perhaps",
      strike: () => proxy().freeze(),
      heal
    },
    "delivers after the deadline": { row: outage, carriedOut: "perhaps", strike: () => proxy().delay(1500), heal },
    "has forgotten its connections, and serves new ones": {
      row: unnoticed,
      carriedOut: "never",
      strike: () => proxy().forget(),
      heal
    },
    "loses the next answer of each connection": {
      row: readsUnnoticed,
      carriedOut: "perhaps",
      strike: () => proxy().cutAnswers(0),
      heal
    },
    "cuts off the next answer of each connection": {
      row: readsUnnoticed,
      carriedOut: "perhaps",
      strike: () => proxy().cutAnswers(4),
      heal
    },
    "has reset its connections, and serves new ones": {
      row: unnoticed,
      carriedOut: "never",
      strike: () => proxy().reset(),
      heal
    }
  }
}

/** The same between reading and writing. A logout may be sent twice, and so succeeds on the second connection. */
export const networkFaultsBetween = (proxy: () => TcpProxy): Readonly<Record<string, Fault>> => {
  const heal = () => proxy().heal()
  return {
    ...faultsAtAnyMoment(proxy),
    "delivers requests, and no answers": {
      row: outage,
      carriedOut: "always",
      strike: () => proxy().muteAnswers(),
      heal
    },
    "delivers nothing": { row: outage, carriedOut: "perhaps", strike: () => proxy().freeze(), heal },
    "has forgotten its connections, and serves new ones": {
      row: writesRefused,
      carriedOut: "never",
      strike: () => proxy().forget(),
      heal
    },
    "loses the acknowledgement": {
      row: writesRefused,
      carriedOut: "always",
      strike: () => proxy().cutAnswers(0),
      heal
    },
    "cuts off the acknowledgement": {
      row: writesRefused,
      carriedOut: "always",
      strike: () => proxy().cutAnswers(4),
      heal
    },
    "delivers writes after their deadline": {
      row: writesRefused,
      carriedOut: "always",
      strike: () => proxy().detain(),
      heal
    },
    "delivers writes after their deadline, and the sessions have ended meanwhile": {
      row: writesRefused,
      carriedOut: "always",
      endsMeanwhile: true,
      strike: () => proxy().detain(),
      heal
    },
    "has reset its connections, and serves new ones": {
      row: unnoticed,
      carriedOut: "never",
      strike: async () => {
        proxy().reset()
        // Otherwise a write may be sent before the end of its connection arrives.
        await sleep(50)
        await new Promise((resolve) => setImmediate(resolve))
      },
      heal
    }
  }
}
