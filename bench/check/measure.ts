/**
 * CPU time of requests, and of what tests call often, in this process, with stores in memory, beside a fixed piece of
 * work that does not use latchkey: prints how many calls take as long as a hundred of these pieces. A row and the work
 * take turns of 5 ms each, so that other load on the machine, and another machine, changes both: the longer turn would
 * meet more of the load.
 */
import { createHmac } from "node:crypto"
import { lowerQuartile } from "../statistics.ts"
import { cookie, rows } from "./rows.ts"

let kept: unknown
/** The reference: a request and a response of the platform, a signature, and a little JSON. */
const work = async () => {
  const each = new Request("https://localhost/read", { headers: { cookie } })
  const body = JSON.stringify({ cookie: each.headers.get("cookie"), at: [1, 2, 3] })
  kept = createHmac("sha256", "a key").update(body).digest("base64")
  return new Response(JSON.stringify(JSON.parse(body)))
}

const cpuOf = async (run: () => unknown, calls: number): Promise<number> => {
  const before = process.cpuUsage()
  for (let call = 0; call < calls; call++) kept = await run()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / calls
}

const rounds = 100
const turn = 5000 // microseconds
/** So many calls that they take one turn. */
const callsInTurn = async (run: () => unknown): Promise<number> => {
  await cpuOf(run, 3000) // until V8 has compiled it
  const times: Array<number> = []
  for (let round = 0; round < 10; round++) times.push(await cpuOf(run, 300))
  return Math.max(1, Math.round(turn / lowerQuartile(times)))
}
const found: Record<string, number> = {}
const pieces = await callsInTurn(work)
const calls: Record<string, number> = {}
for (const [name, run] of Object.entries(rows)) calls[name] = await callsInTurn(run)
for (const [name, run] of Object.entries(rows)) {
  const [own, reference]: [Array<number>, Array<number>] = [[], []]
  for (let round = 0; round < rounds; round++) {
    own.push(await cpuOf(run, calls[name] ?? 1))
    reference.push(await cpuOf(work, pieces))
  }
  found[name] = (100 * lowerQuartile(reference)) / lowerQuartile(own)
}
if (kept === undefined) throw new Error("nothing was measured")
console.log(JSON.stringify(found))
