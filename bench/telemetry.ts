/**
 * What `telemetry` costs: CPU time per request with the code for telemetry removed, with the option not set, with it but
 * without an SDK, and with an SDK whose exporter does nothing. The stores are in memory, so that nothing hides the
 * difference; a database takes most of a real request. Each variant has a process of its own. The processes take turns,
 * so other load on the machine affects all of them equally. Only the ratios are meaningful.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

const rounds = Number(process.argv[2] ?? 25)
const warmUp = 5

const start = async (variant: string) => {
  const child = fork(join(import.meta.dirname, "telemetry-requests.ts"), {
    env: { ...process.env, LATCHKEY_TELEMETRY: variant }
  })
  await once(child, "message")
  const measured: Array<number> = []
  return {
    variant,
    measured,
    measure: async () => {
      child.send("go")
      measured.push(Number((await once(child, "message"))[0]))
    },
    stop: () => child.kill()
  }
}

/** `again` is a second process of `off`: how much two equal programs differ. */
const variants = ["removed", "off", "again", "api", "sdk"]
const processes = []
for (const variant of variants) processes.push(await start(variant))
for (let round = 0; round < rounds + warmUp; round++) {
  // In turn from another one, so that none always follows the same one.
  for (let each = 0; each < processes.length; each++) await processes[(round + each) % processes.length]?.measure()
}

const medianOf = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0
const base = medianOf(processes[0]?.measured.slice(warmUp) ?? [])
const titles: Readonly<Record<string, string>> = {
  removed: "without the code",
  off: "off",
  again: "off, again",
  api: "on, without an SDK",
  sdk: "on, exporter does nothing"
}
for (const { measured, stop, variant } of processes) {
  const median = medianOf(measured.slice(warmUp))
  console.log(
    `${(titles[variant] ?? "").padEnd(26)} ${median.toFixed(1).padStart(7)} µs of CPU time per request, ratio ${(median / base).toFixed(2)}`
  )
  stop()
}
