/**
 * Checks the laws of `latchkey/testing` on other session libraries, and prints what they found. README.md says how to
 * run it. With `--check` it also compares the findings with those in docs/peers.md.
 */
import pg from "pg"
import { LawBroken, laws } from "../../src/testing/index.ts"
import { startPostgres } from "../../test/rig/postgres-server.ts"
import { authJsCookies, authJsDatabase } from "./auth-js.ts"
import { type MakeSite, queries } from "./described.ts"
import { differences, type Finding } from "./findings.ts"
import * as Sites from "./sites.ts"

const sites: Readonly<Record<string, MakeSite>> = {
  latchkey: Sites.latchkey,
  "express-session": Sites.expressSession,
  "@fastify/session": Sites.fastify,
  "koa-session": Sites.koa,
  "better-auth": Sites.betterAuthDefault,
  "better-auth, revoking": Sites.betterAuthRevoking,
  "Auth.js, database": authJsDatabase,
  "Auth.js, cookies": authJsCookies
}

/** Checks all laws on one site. */
const findingsOn = async (
  library: string,
  make: MakeSite,
  only: string | undefined
): Promise<ReadonlyArray<Finding>> => {
  const pool = new pg.Pool({ connectionString: database.url, max: 10 })
  pool.on("error", () => {})
  console.log(`\n${library}`)
  const found: Array<Finding> = []
  for (const law of laws(await make(pool))) {
    if (only !== undefined && only !== law.id) continue
    const startedAt = performance.now()
    const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
    const note = (verdict: Finding["verdict"], story: string) => {
      found.push({ library, law: law.id, verdict, story })
      console.log(`${verdict.padEnd(7)} ${law.id}: ${story.replaceAll("\n", "\n          ")} (${seconds()} s)`)
    }
    try {
      const { orders, situations } = await law.check()
      if (law.skipped === undefined) note("holds", `${situations} situations, ${orders} orders`)
      else found.push({ library, law: law.id, verdict: "–", story: law.skipped })
    } catch (error) {
      queries.heal()
      note(error instanceof LawBroken ? "broken" : "error", error instanceof Error ? error.message : String(error))
    }
  }
  const skipped = found.filter(({ verdict }) => verdict === "–")
  if (skipped.length > 0) console.log(`skipped ${skipped.map(({ law }) => law).join(", ")}`)
  await pool.end()
  return found
}

const isCheck = process.argv.includes("--check")
const [library, law] = process.argv.slice(2).filter((word) => !word.startsWith("--"))
if (library !== undefined && !Object.hasOwn(sites, library))
  throw new TypeError(`there is no library ${library}; the libraries are ${Object.keys(sites).join("; ")}`)

if (isCheck && library !== undefined) throw new TypeError("--check compares the whole page: do not name a library")

// The libraries report the outages of the laws.
const { error: report } = console
console.error = () => {}
process.on("unhandledRejection", () => {})
const findings: Array<Finding> = []
const database = await startPostgres({ log_statement: "none" })
try {
  for (const [name, make] of Object.entries(sites))
    if (library === undefined || library === name) findings.push(...(await findingsOn(name, make, law)))
} finally {
  console.error = report
  await database.stop()
}
const changed = isCheck ? differences(findings) : []
if (changed.length > 0) console.error(`\nNot as in docs/peers.md:\n${changed.join("\n")}`)
else if (isCheck) console.log(`\n${findings.length} findings, as in docs/peers.md`)
process.exit(changed.length > 0 ? 1 : 0)
