/**
 * Checks the laws of `latchkey/testing` on other session libraries: `npm ci && node laws.ts [LIBRARY [LAW]]` in this
 * folder. Needs PostgreSQL's programs. Prints for each law whether it held, in how many orders, and if not, the story.
 */
import { readFileSync } from "node:fs"
import pg from "pg"
import { LawBroken, laws } from "../../src/testing/index.ts"
import { startPostgres } from "../../test/rig/postgres-server.ts"
import * as Sites from "./sites.ts"

const sites: Readonly<Record<string, { readonly make: Sites.MakeSite; readonly packages: ReadonlyArray<string> }>> = {
  latchkey: { make: Sites.latchkey, packages: [] },
  "express-session": { make: Sites.expressSession, packages: ["express-session", "connect-pg-simple"] },
  "@fastify/session": { make: Sites.fastify, packages: ["@fastify/session", "connect-pg-simple"] },
  "koa-session": { make: Sites.koa, packages: ["koa-session"] },
  "better-auth": { make: Sites.betterAuthDefault, packages: ["better-auth"] },
  "better-auth with revokeOtherSessions": { make: Sites.betterAuthRevoking, packages: ["better-auth"] }
}

const [, , library, wanted] = process.argv
const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"))
const quiet = console.error
console.error = () => {}
process.on("unhandledRejection", () => {})
const database = await startPostgres({ log_statement: "none" })
try {
  for (const [name, { make, packages }] of Object.entries(sites)) {
    if (library !== undefined && library !== name) continue
    const pool = new pg.Pool({ connectionString: database.url, max: 10 })
    pool.on("error", () => {})
    console.log(`\n${[name, ...packages.map((one) => `${one} ${dependencies[one]}`)].join(", ")}`)
    const site = await make(pool)
    for (const law of laws(site)) {
      if (wanted !== undefined && wanted !== law.id) continue
      const startedAt = performance.now()
      const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
      try {
        const { orders, situations } = await law.check()
        if (law.skipped !== undefined) console.log(`skipped  ${law.id}: ${law.skipped}`)
        else console.log(`holds    ${law.id}: ${situations} situations, ${orders} orders, ${seconds()} s`)
      } catch (error) {
        Sites.queries.heal()
        const message = error instanceof Error ? error.message : String(error)
        const kind = error instanceof LawBroken ? "BROKEN " : "ERROR  "
        console.log(`${kind}  ${law.id}: ${message.replaceAll("\n", "\n           ")} (${seconds()} s)`)
      }
    }
    await pool.end()
  }
} finally {
  console.error = quiet
  await database.stop()
}
process.exit(0)
