import { afterEach, describe, expect, it, vi } from "vitest"
import { memory, memoryThrottle } from "../../../src/adapters/store/memory.ts"
import { carriesALogin } from "./carried-login.ts"
import { permissionStoreContract } from "./permission-contract.ts"
import { prefetchContract } from "./prefetch-contract.ts"
import { sessionStoreContract } from "./session-store-contract.ts"
import { userSessionStoreContract } from "./user-sessions-contract.ts"
import { userStoreContract } from "./user-store-contract.ts"

const make = async () => {
  const { sessions, users } = memory()
  return { store: sessions, users, close: async () => {} }
}

sessionStoreContract("memory", make)
userStoreContract("memory", make)
permissionStoreContract("memory", make)
prefetchContract("memory", make)
carriesALogin(() => memory().sessions)

const makeRecording = async () => {
  const { sessions, users } = memory({ userSessions: true })
  return { store: sessions, users, close: async () => {} }
}
sessionStoreContract("memory that records the sessions of users", makeRecording)
userSessionStoreContract("memory", makeRecording)

describe("memory()", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    globalThis.latchkeyMemory = undefined
    globalThis.latchkeyMemoryThrottle = undefined
  })

  it("makes new stores with each call", () => {
    expect(memory().sessions).not.toBe(memory().sessions)
    expect(memoryThrottle()).not.toBe(memoryThrottle())
  })

  it("makes one pair of stores for the process in Next.js, which loads modules once for pages and once for routes", async () => {
    vi.stubEnv("NEXT_RUNTIME", "nodejs")
    vi.resetModules()
    const copy = await import("../../../src/adapters/store/memory.ts")
    expect(copy.memory).not.toBe(memory)
    expect(copy.memory().sessions).toBe(memory().sessions)
    expect(copy.memoryThrottle()).toBe(memoryThrottle())
  })

  it("records the sessions of users in Next.js if this call asks for it, also if the first one did not", () => {
    vi.stubEnv("NEXT_RUNTIME", "nodejs")
    for (const [first, second] of [
      [false, true],
      [true, false]
    ] as const) {
      globalThis.latchkeyMemory = undefined
      const stores = [memory({ userSessions: first }), memory({ userSessions: second })]
      expect(stores.map(({ sessions }) => sessions.userSessions !== undefined)).toEqual([first, second])
      expect(stores[0]?.users).toBe(stores[1]?.users)
      expect(stores[0]?.sessions.rows).toBe(stores[1]?.sessions.rows)
    }
  })
})
