/** Judges the settings of device-bound sessions. What cannot work anywhere is refused by `createAuth`. */
import type { Diagnosis } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

export const deviceFindings = ({ deviceBound, isProduction }: Diagnosis): ReadonlyArray<Finding> => {
  if (deviceBound === undefined) return []
  const { djangoChecks, hasSecureProxyHeader, isSharedWithDjango, mode } = deviceBound
  const observes = mode === "observe"
  return [
    ...found(!hasSecureProxyHeader, {
      code: "device-bound.http",
      severity: isProduction ? "warning" : "note",
      problem:
        "deviceBound is set without secureProxyHeader: behind a proxy that terminates https, every request counts as http",
      effect:
        "no login over http offers a registration, so no session is bound to a device, and a copied cookie stays valid",
      remedy:
        'write secureProxyHeader: ["X-Forwarded-Proto", "https"] with the header that your proxy sets; if the application terminates https itself, nothing needs to be done',
      confidence: "possible"
    }),
    ...found(observes && isSharedWithDjango && djangoChecks === undefined, {
      code: "device-bound.django",
      severity: "note",
      problem: "deviceBound.djangoChecks is missing, and a Django site could read the sessions",
      effect: 'nothing with mode "observe"; with "enforce" the application does not start',
      remedy:
        "write djangoChecks: true if every Django site that reads these sessions has the middleware of docs/device-bound-sessions.md, or djangoChecks: false if there is none",
      confidence: "certain"
    }),
    ...found(observes, {
      code: "device-bound.observe",
      severity: "note",
      problem: 'deviceBound.mode is "observe"',
      effect: "sessions are bound to devices, but a copied cookie is still accepted",
      remedy: 'when hardly any verdict of your users is "Unproven", write mode: "enforce"',
      confidence: "certain"
    })
  ]
}

const found = (applies: boolean, finding: Finding): ReadonlyArray<Finding> => (applies ? [finding] : [])
