/** Judges settings: secret keys, cookies, hosts. */
import type { Diagnosis } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

/** What happens to users in production, by the setting that a warning begins with. */
const effects: { readonly [setting: string]: string | undefined } = {
  sessionCookie: "an attacker who can read the traffic of a user's network takes over the user's session",
  csrfCookie: "an attacker who can read the traffic of a user's network can send forms in the user's name",
  allowedHosts: "an attacker chooses the host of links in mails: a user who opens such a link gives away its token"
}
const noHost = "users cannot log in: the site refuses every form of a browser"
const guessedKey = "an attacker who guesses the key can log in as any user"
const knownKey = "an attacker who knows the key can log in as any user"

export const settingsFindings = ({ isProduction, secretKeys, settings }: Diagnosis): ReadonlyArray<Finding> => {
  const found = (code: string, text: string, effect: string, severity: Finding["severity"]): Finding => {
    const [problem = text, ...advice] = text.split("; ")
    return {
      code,
      severity: isProduction ? severity : "note",
      problem,
      effect,
      remedy: advice.length === 0 ? "change the setting" : advice.join("; "),
      confidence: isProduction ? "certain" : "possible"
    }
  }
  return [
    ...secretKeys.problems.map((text) => found("settings.weak-secret", text, guessedKey, "error")),
    ...secretKeys.warnings.map((text) => found("settings.weak-secret", text, knownKey, "warning")),
    ...settings.map((text) => {
      const [setting = "unsafe"] = /^\w+/.exec(text) ?? []
      const effect = /^allowedHosts is empty/.test(text)
        ? noHost
        : (effects[setting] ?? "users are exposed to this risk")
      return found(`settings.${setting}`, text, isProduction ? effect : `${inProduction} ${effect}`, "warning")
    })
  ]
}

const inProduction = "nothing here, because NODE_ENV is not production; in production:"
