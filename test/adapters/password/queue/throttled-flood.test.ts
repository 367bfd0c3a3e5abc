/** 24 connections from one network send wrong passwords without a pause, while other users log in: with `throttle`. */
import { Agent, createServer, request as send } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { nodeAuth } from "../../../../src/adapters/http/node.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory, memoryThrottle } from "../../../../src/adapters/store/memory.ts"
import { model } from "../../request/site.ts"

const checkMilliseconds = 20
const users = ["alice", "bob", "carol", "dave"]

/** As slow as a check in production, but without using the processor. */
const hasher = pbkdf2Sha256({ iterations: 1 })
const slow = {
  ...hasher,
  verify: async (password: string, encoded: string) => {
    await sleep(checkMilliseconds)
    return hasher.verify(password, encoded)
  },
  encode: async (password: string, salt: string) => {
    await sleep(checkMilliseconds)
    return hasher.encode(password, salt)
  }
}

type Options = Partial<AuthOptions<MemoryUser, AnyFields>>

/** A server whose clients say their address and user name in headers. */
const startServer = async (options: Options, isThrottled: boolean) => {
  const { sessions, users: store } = memory()
  const headerOf = (headers: ReadonlyArray<readonly [string, string]>, wanted: string): string | undefined =>
    headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
  const auth = createAuth<MemoryUser, AnyFields>({
    secretKey: "a secret key of more than fifty characters, for tests only",
    sessions,
    backends: { [model]: modelBackend(store) },
    hashers: [slow],
    concurrency: 2,
    ...(isThrottled ? { throttle: { store: memoryThrottle() } } : {}),
    clientAddress: ({ headers }) => headerOf(headers, "x-address"),
    ...options
  })
  for (const username of users) await auth.createUser({ username, password: `${username}'s` })
  const handler = nodeAuth(auth, async (req, res, { authenticate, login }) => {
    const user = await authenticate({ username: req.headers["x-username"], password: req.headers["x-password"] })
    if (user !== undefined) await login(user)
    res.statusCode = user === undefined ? 401 : 200
    res.end()
  })
  const server = createServer(handler).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  const logIn = (address: string, username: string, password: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { "x-address": address, "x-username": username, "x-password": password }
      send({ port, agent, headers, host: "127.0.0.1" }, (response) => {
        response.resume()
        response.once("end", () => resolve(response.statusCode ?? 0))
      })
        .once("error", reject)
        .end()
    })
  const close = () => {
    agent.destroy()
    server.close()
    server.closeAllConnections()
  }
  return { close, logIn }
}

let names = 0
const newName = () => `name ${names++}`

/** A flood from one network: the address of each connection, and the user name of each attempt. */
type Flood = readonly [flood: string, address: (connection: number) => string, username: () => string]

const floods: ReadonlyArray<Flood> = [
  ["for one user name", () => "198.51.100.1", () => "alice"],
  ["for a new user name each time", () => "198.51.100.1", newName],
  ["from one IPv6 network, for a new user name each time", (at) => `2001:db8::${at + 1}`, newName]
]

/** The answers to users who log in during the flood, without a known device. */
const answersDuring = async ([, address, username]: Flood, options: Options = {}, isThrottled = true) => {
  const { close, logIn } = await startServer(options, isThrottled)
  let stop = false
  let wrong = 0
  const flood = Array.from({ length: 24 }, async (_, at) => {
    while (!stop) {
      if ((await logIn(address(at), username(), "wrong")) === 503) await sleep(2)
      else wrong += 1
    }
  })
  // An attempt that gets a 503 was not made, and is not counted.
  while (wrong < 60) await sleep(checkMilliseconds)
  // An attacker makes attempts for one user name wait on all unknown devices: that user needs a known one.
  const others = users.filter((user) => user !== username())
  const answers: Array<number> = []
  for (let round = 0; round < 5; round++)
    answers.push(...(await Promise.all(others.map((user, at) => logIn(`192.0.2.${at + 1}`, user, `${user}'s`)))))
  stop = true
  await Promise.all(flood)
  close()
  return answers
}

const isLoggedIn = (status: number): boolean => status === 200

describe.concurrent("24 connections from one network that send wrong passwords without a pause", () => {
  it.each(floods)("do not keep other users from logging in: %s", async (...flood) => {
    expect((await answersDuring(flood)).every(isLoggedIn)).toBe(true)
  })

  // All attempts have one key in the queue of hashes, so only the throttle tells them apart.
  const unfair = { turnKeys: () => [] }

  it.each(floods)("do not keep them from it also if the queue of hashes is not fair: %s", async (...flood) => {
    expect((await answersDuring(flood, unfair)).every(isLoggedIn)).toBe(true)
  })

  it.each(floods)("keep them from it without the throttle and without the fair queue: %s", async (...flood) => {
    const answers = await answersDuring(flood, unfair, false)
    expect(answers.every(isLoggedIn)).toBe(false)
  })
})
