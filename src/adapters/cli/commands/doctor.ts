import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { call, refused } from "../command-failed.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import type { Finding } from "../doctor/finding.ts"
import { findings } from "../doctor/findings.ts"
import { refusalFindings } from "../doctor/refusal-findings.ts"
import { readIn } from "../init/write-changes.ts"
import { print } from "../terminal/output.ts"

const textOf = ({ code, confidence, effect, problem, remedy, severity }: Finding): string =>
  [
    `${severity}: ${problem} [${code}]`,
    `  what happens to users: ${effect} (${confidence})`,
    `  what to do: ${remedy}`
  ].join("\n")

/** Prints the findings. Fails if one of them is an error. */
const report = Effect.fnUntraced(function* (source: string, found: ReadonlyArray<Finding>) {
  yield* print({
    text: found.length === 0 ? `${source}: nothing to report` : found.map(textOf).join("\n\n"),
    json: { findings: found }
  })
  const errors = found.filter(({ severity }) => severity === "error").length
  if (errors > 0) yield* refused(`${errors} ${errors === 1 ? "error" : "errors"}`)
})

/** A framework in package.json whose adapter knows no socket. */
const frameworkWithoutSocket = (manifest: string | undefined): string | undefined =>
  [
    ["next", "Next.js"],
    ["hono", "Hono"]
  ].find(([name]) => manifest?.includes(`"${name}":`))?.[1]

const isModule = (source: string): boolean => !["DATABASE_URL", "--database-url"].includes(source)

export const doctor = Command.make(
  "doctor",
  {},
  Effect.fnUntraced(function* () {
    const loaded = yield* loadApplication.pipe(
      Effect.catch((failure) =>
        failure.refusals === undefined ? Effect.fail(failure) : Effect.succeed({ refusals: failure.refusals })
      )
    )
    if ("refusals" in loaded) return yield* report("auth", refusalFindings(loaded.refusals))
    const { auth, folder, hasSecretKey, source } = loaded
    const diagnosis = yield* call(() => auth.diagnose())
    const judged = {
      ...diagnosis,
      // Without the application's module, cookies and hosts are not known; without its key, sessions cannot be read.
      settings: diagnosis.settings.filter((text) =>
        isModule(source) ? true : hasSecretKey && text.startsWith("secretKey")
      ),
      deviceBound: isModule(source) ? diagnosis.deviceBound : undefined,
      throttle: isModule(source) ? diagnosis.throttle : undefined,
      samples: hasSecretKey ? diagnosis.samples : { read: 0, otherSalt: 0, otherSecret: 0, otherSerializer: 0 }
    }
    yield* report(source, findings(judged, frameworkWithoutSocket(readIn(folder)("package.json"))))
  })
).pipe(
  Command.withDescription(
    "Look for faults: the database and its tables, stored sessions and passwords against the settings, weak secrets, cookies, hosts, device-bound sessions, throttling, clocks, Redis. Each finding says what happens to users, what to do, and how sure that is. Changes nothing. Exit code 1 if there is an error."
  ),
  Command.withExamples([
    { command: "NODE_ENV=production npx latchkey doctor" },
    { command: "npx latchkey doctor --json", description: "For machines:" }
  ])
)
