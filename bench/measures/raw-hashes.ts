/**
 * Hashes of `node:crypto` and nothing else: `node raw-hashes.ts COUNT ITERATIONS`. As many run at the same time as
 * latchkey lets run on these cores. Prints hashes per second, and the microseconds of CPU time of each.
 */
import { pbkdf2 } from "node:crypto"
import { availableParallelism } from "node:os"
import { promisify } from "node:util"

const [count = 1, iterations = 1] = process.argv.slice(2).map(Number)
const threads = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4)
const atOnce = Math.max(1, Math.min(availableParallelism(), threads - 2))
const hash = () => promisify(pbkdf2)("the password", "saltsaltsaltsaltsaltsa", iterations, 32, "sha256")

await hash()
let left = count
const since = performance.now()
const before = process.cpuUsage()
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await hash()
  })
)
const { system, user } = process.cpuUsage(before)
console.log(JSON.stringify({ value: (1000 * count) / (performance.now() - since), cpu: (system + user) / count }))
