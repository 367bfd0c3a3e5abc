/** Judges settings: secret keys, cookies, hosts. */
import type { Diagnosis } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

export const settingsFindings = ({ isProduction, settings }: Diagnosis): ReadonlyArray<Finding> =>
  settings.map((text): Finding => {
    const isKey = text.startsWith("secretKey")
    const [problem = text, ...advice] = text.split("; ")
    return {
      code: isKey ? "settings.weak-secret" : `settings.${/^\w+/.exec(text)?.[0] ?? "unsafe"}`,
      severity: isProduction ? (isKey ? "error" : "warning") : "note",
      problem,
      effect: isKey
        ? "an attacker who guesses the key can log in as any user"
        : isProduction
          ? "users are exposed to the risk that is described"
          : "nothing here, because NODE_ENV is not production; in production, users are exposed to the risk",
      remedy: advice.length === 0 ? "change the setting" : advice.join("; "),
      confidence: isProduction ? "certain" : "possible"
    }
  })
