/**
 * The speed of what tests call often: making a site, resetting it, requests over the core alone. Measures the CPU time
 * of this thread, so that other load on the machine matters little. Prints each figure beside its limit:
 * `npm run bench:testing -- --check` ends with status 1 if one is missed.
 *
 * The limits hold on one idle core of the machines in bench/results. A slower machine, or one whose cores share their
 * caches with other work, misses them without a fault of the code. So this is for a machine that you know, and
 * `npm run bench:check`, which runs everywhere, compares the same calls with a fixed piece of work.
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
  let flows = 0
  return () => {
    // Another value each time: the codec caches what a text decodes to, and would not verify the same text again.
    const visitor = scene.request().set("cart", [flows++]).respond()
    const alice = scene.request(visitor.cookie).login("alice").respond()
    const visit = scene.request(alice.cookie)
    if (visit.user()?.name !== "alice") throw new Error("alice is not logged in")
    visit.respond()
    scene.request(alice.cookie).logout().respond()
  }
}

const stores = memory()
const site = testSite()

/** What is measured, with the most microseconds of CPU time that one call may take. */
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

/** One line of the report: the figure, its limit, and how often it fits into a second. */
export const lineOf = (name: string, time: number, most: number): string => {
  const perSecond = (microseconds: number) => Math.round(1e6 / microseconds).toLocaleString("en")
  const verdict = time > most ? "  MISSED" : ""
  return (
    `${name.padEnd(38)}${time.toFixed(1).padStart(7)} µs, at most ${String(most).padStart(4)};` +
    `${perSecond(time).padStart(10)} a second, at least ${perSecond(most).padStart(6)}${verdict}`
  )
}

if (import.meta.main) {
  const missed = Object.entries(measured).filter(([name, { most, ...how }]) => {
    const time = microseconds(how.run, how)
    console.log(lineOf(name, time, most))
    return time > most
  })
  if (process.argv.includes("--check") && missed.length > 0) {
    console.error(`${missed.length} of ${Object.keys(measured).length} limits were missed`)
    process.exitCode = 1
  }
}
