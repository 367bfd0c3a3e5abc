/**
 * Nanoseconds and bytes of each transition of the core, and what the interpreter adds to them:
 * `npm run bench:core`. About 20 seconds. `--save` writes `results/core.md`.
 *
 * Time is the CPU time of this thread, so that other load on the machine matters little. Bytes are what a call allocates.
 */
import { writeFileSync } from "node:fs"
import { withAuth } from "latchkey/fetch"
import { coreScene } from "latchkey/testing"
import { credentials, memoryAuth } from "../memory-application.ts"
import { median } from "../statistics.ts"
import { transitions } from "./transitions.ts"

const rounds = 15
let kept: unknown // so that V8 does not leave out a call whose result nothing uses

const cpuNanoseconds = (run: () => unknown, calls: number): number => {
  const before = process.threadCpuUsage()
  for (let call = 0; call < calls; call++) kept = run()
  const { system, user } = process.threadCpuUsage(before)
  return ((system + user) * 1000) / calls
}

/** Few enough calls that no garbage is collected between the two readings. A collection makes the result negative. */
const bytes = (run: () => unknown): number => {
  const calls = 1000
  const before = process.memoryUsage().heapUsed
  for (let call = 0; call < calls; call++) kept = run()
  return (process.memoryUsage().heapUsed - before) / calls
}

const measured = (run: () => unknown) => {
  cpuNanoseconds(run, 20_000) // until V8 has compiled it
  const calls = Math.round(2e7 / Math.max(20, cpuNanoseconds(run, 20_000))) // 20 ms a round, or less
  const times = Array.from({ length: rounds }, () => cpuNanoseconds(run, calls))
  const sizes = Array.from({ length: rounds }, () => bytes(run)).filter((size) => size >= 0)
  return { nanoseconds: median(times), bytes: median(sizes) }
}

/** A request that reads its user, over the core alone. */
const scene = coreScene({ users: { alice: "A" } })
const { cookie } = scene.request().login("alice").respond()
const overTheCore = measured(() => {
  const request = scene.request(cookie)
  request.user()
  return request.respond()
})

/** The same over the fetch adapter with stores in memory: how many microseconds of CPU time a request takes. */
const throughTheInterpreter = async (): Promise<number> => {
  const auth = await memoryAuth()
  const answer = withAuth(auth, async (request, { authenticate, getUser, login }) => {
    if (request.url.endsWith("/login")) {
      const user = await authenticate(credentials)
      if (user !== undefined) await login(user)
    }
    return new Response((await getUser())?.username ?? "anonymous")
  })
  const loggedIn = await answer(new Request("https://localhost/login"))
  const header = loggedIn.headers.getSetCookie().map((line) => line.split(";", 1)[0])
  const request = () => new Request("https://localhost/", { headers: { cookie: header.join("; ") } })
  if ((await (await answer(request())).text()) !== "alice") throw new Error("the user is not logged in")
  const bare = async (each: Request) => new Response(each.url)
  const round = async (answers: (each: Request) => Promise<Response>) => {
    const before = process.threadCpuUsage()
    for (let call = 0; call < 2000; call++) kept = await answers(request())
    const { system, user } = process.threadCpuUsage(before)
    return (system + user) / 2000
  }
  const times: Array<number> = []
  for (let at = 0; at < rounds + 5; at++) times.push((await round(answer)) - (await round(bare)))
  return median(times.slice(5))
}

const rows = Object.entries(transitions).map(([name, run]) => ({ name, ...measured(run) }))
const interpreter = await throughTheInterpreter()
const text = [
  `Measured on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, CPU time: \`npm run bench:core -- --save\`.`,
  "",
  "| transition | ns | bytes |",
  "| --- | ---: | ---: |",
  ...rows.map(({ bytes, name, nanoseconds }) => `| ${name} | ${nanoseconds.toFixed(0)} | ${bytes.toFixed(0)} |`),
  "",
  `A request that reads its user takes ${(overTheCore.nanoseconds / 1000).toFixed(1)} µs and ${overTheCore.bytes.toFixed(0)} bytes over the core alone, with a store in memory and no signatures. The adapter \`latchkey/fetch\`, the interpreter, the store in memory and the check of the signature together take ${interpreter.toFixed(1)} µs more than a handler that only answers.`,
  ""
].join("\n")
console.log(text)
const slow = rows.filter(({ nanoseconds }) => nanoseconds > 1000)
if (slow.length > 0) console.log(`above 1 µs: ${slow.map(({ name }) => name).join(", ")}`)
if (process.argv.includes("--save")) writeFileSync(new URL("../results/core.md", import.meta.url), text)
if (kept === undefined) throw new Error("nothing was measured")
