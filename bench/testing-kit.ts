/**
 * The speed of what tests call often: making a site, resetting it, requests over the core alone. Measures the CPU time
 * of this thread, so that other load on the machine matters little.
 */
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { coreScene, testSite } from "latchkey/testing"

/** @returns the CPU time of one call in microseconds: the median of several rounds */
export const microseconds = (
  run: () => void,
  { calls, rounds = 9 }: { readonly calls: number; readonly rounds?: number }
) => {
  const times = Array.from({ length: rounds }, () => {
    const before = process.threadCpuUsage()
    for (let call = 0; call < calls; call++) run()
    const { system, user } = process.threadCpuUsage(before)
    return (system + user) / calls
  })
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
}

/** Four requests over the core: an anonymous write, a login, a visit, a logout. @param secretKey without it, plain JSON */
export const flow = (secretKey?: string) => {
  const scene = coreScene({ users: { alice: "A" }, ...(secretKey === undefined ? {} : { secretKey }) })
  return () => {
    const visitor = scene.request().set("cart", [1]).respond()
    const alice = scene.request(visitor.cookie).login("alice").respond()
    const visit = scene.request(alice.cookie)
    if (visit.user()?.name !== "alice") throw new Error("alice is not logged in")
    visit.respond()
    scene.request(alice.cookie).logout().respond()
  }
}

const stores = memory()
const site = testSite()

/** What is measured, with the most microseconds that it may take. */
export const measured = {
  "a flow of four requests, plain codec": { run: flow(), calls: 2000, most: 50 },
  "a flow of four requests, signed codec": { run: flow("a secret key"), calls: 1000, most: 200 },
  "testSite()": { run: () => void testSite(), calls: 200, most: 1000 },
  "site.reset()": { run: site.reset, calls: 5000, most: 20 },
  "createAuth()": {
    run: () =>
      void createAuth({
        secretKey: "a secret key",
        sessions: stores.sessions,
        backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) }
      }),
    calls: 500,
    most: 50
  }
}

if (import.meta.main)
  for (const [name, { most, ...how }] of Object.entries(measured)) {
    const time = microseconds(how.run, how)
    console.log(`${name}: ${time.toFixed(1)} µs (at most ${most}), ${Math.round(1e6 / time)} a second`)
  }
