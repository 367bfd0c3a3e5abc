/**
 * Many logins with the iterations of a real hash, all at the same time, and reads beside them: the server has one core.
 * The reads come at a steady rate that costs little, so that the hashes have nearly all of the core.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Comparison } from "../comparisons.ts"
import { cores, onCores } from "../cores.ts"
import { cpuOfTree } from "../cpu-time.ts"
import { realIterations, startKind } from "../servers.ts"
import { client, percentile99, steadily } from "./clients.ts"
import type { Run, Sample } from "./findings.ts"

const logins = 40
const readEvery = 20 // milliseconds
const idleSeconds = 5

const sides = (): { readonly ours: Array<Sample>; readonly theirs: Array<Sample> } => ({ ours: [], theirs: [] })

const rawHashes = async (): Promise<Sample> => {
  const script = fileURLToPath(new URL("raw-hashes.ts", import.meta.url))
  const command = onCores(cores.server, process.execPath, [script, String(logins), String(realIterations)])
  const { stdout } = await promisify(execFile)(...command, { encoding: "utf8", timeout: 300_000 })
  return JSON.parse(stdout)
}

/** Measures the rows of the login storm. */
export const measureStorm = async (comparisons: ReadonlyArray<Comparison>, run: Run): Promise<void> => {
  const rows = comparisons.flatMap((row) => (row.measure.kind === "storm" ? [{ row, figure: row.measure.figure }] : []))
  if (rows.length === 0) return
  const { found, leftOut, store } = run
  await store.vacuum()
  const server = await startKind("latchkey-node-real-hashes", store.url)
  if (typeof server === "string") {
    for (const { row } of rows) leftOut(row, server)
    return
  }
  try {
    const users = await store.addUsers(logins, realIterations)
    const [cookie] = readFileSync(store.cookies(1), "utf8").split("\n")
    /** With connections of its own, because the server closes those that are not used for some seconds. */
    const reads = async (isDone: () => boolean) => {
      const { close, send } = client(server.port, 50)
      const read = () => send("/me", /"user1"/, { cookie })
      await read()
      return steadily(readEvery, read, isDone).finally(close)
    }
    const quiet = async () => {
      const until = performance.now() + idleSeconds * 1000
      return percentile99(await reads(() => performance.now() > until))
    }
    const storm = async () => {
      let isDone = false
      const visitors = client(server.port, logins)
      const [since, before] = [performance.now(), cpuOfTree(server.pid)]
      const all = Promise.all(users.map((user) => visitors.send(`/login?user=${user}`, /"slow/)))
      const hashed = all
        .then(() => ({
          value: (1000 * logins) / (performance.now() - since),
          cpu: (cpuOfTree(server.pid) - before) / logins
        }))
        .finally(() => {
          isDone = true
          visitors.close()
        })
      const [hashes, milliseconds] = await Promise.all([hashed, reads(() => isDone)])
      return { hashes, wait: percentile99(milliseconds) }
    }
    await quiet() // until V8 has compiled what reads need
    const samples = { hashes: sides(), reads: sides() }
    for (let round = 0; round < run.rounds; round++) {
      const raw = await rawHashes()
      const idle = await quiet()
      const { hashes, wait } = await storm()
      samples.hashes.ours.push(hashes)
      samples.hashes.theirs.push(raw)
      samples.reads.ours.push({ value: wait })
      samples.reads.theirs.push({ value: idle })
    }
    for (const { figure, row } of rows) found({ comparison: row, ...samples[figure] })
  } catch (error) {
    for (const { row } of rows) leftOut(row, String(error))
  } finally {
    await server.stop()
  }
}
