/** Judges settings: secret keys, cookies, hosts. */
import type { Diagnosis } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

/** What happens to users in production, by the setting that a warning begins with. */
const effects: { readonly [setting: string]: string | undefined } = {
  secretKey: "an attacker who guesses the key can log in as any user",
  secretKeyFallbacks: "an attacker who guesses the key can log in as any user",
  sessionCookie: "an attacker who can read the traffic of a user's network takes over the user's session",
  csrfCookie: "an attacker who can read the traffic of a user's network can send forms in the user's name",
  allowedHosts: "an attacker chooses the host of links in mails: a user who opens such a link gives away its token"
}
/** Such a key is random: it only warns in production. */
const mayBeKnown = (text: string): boolean => text.includes(" begins with django-insecure-:")
const noHost = "users cannot log in: the site refuses every form of a browser"

export const settingsFindings = ({ isProduction, settings }: Diagnosis): ReadonlyArray<Finding> =>
  settings.map((text): Finding => {
    const isKey = text.startsWith("secretKey")
    const [problem = text, ...advice] = text.split("; ")
    const [setting = "unsafe"] = /^\w+/.exec(text) ?? []
    const effect = /^allowedHosts is empty/.test(text) ? noHost : (effects[setting] ?? "users are exposed to this risk")
    return {
      code: isKey ? "settings.weak-secret" : `settings.${setting}`,
      severity: isProduction ? (isKey && !mayBeKnown(text) ? "error" : "warning") : "note",
      problem,
      effect:
        isProduction || isKey ? effect : `nothing here, because NODE_ENV is not production; in production: ${effect}`,
      remedy: advice.length === 0 ? "change the setting" : advice.join("; "),
      confidence: isProduction ? "certain" : "possible"
    }
  })
