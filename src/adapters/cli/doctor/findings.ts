/** All findings about an application, the most severe ones first. */
import type { Diagnosis } from "../../ports/diagnosis.ts"
import { deviceFindings } from "./device-findings.ts"
import type { Finding } from "./finding.ts"
import { passwordFindings } from "./password-findings.ts"
import { sessionFindings } from "./session-findings.ts"
import { settingsFindings } from "./settings-findings.ts"
import { storeFindings } from "./store-findings.ts"
import { throttleFindings } from "./throttle-findings.ts"

const order: ReadonlyArray<Finding["severity"]> = ["error", "warning", "note"]

/** @param without the name of the application's framework, if that knows no socket, and so no address of a client */
export const findings = (diagnosis: Diagnosis, without?: string): ReadonlyArray<Finding> =>
  [
    ...storeFindings(diagnosis),
    ...sessionFindings(diagnosis),
    ...passwordFindings(diagnosis),
    ...settingsFindings(diagnosis),
    ...deviceFindings(diagnosis),
    ...throttleFindings(diagnosis, without)
  ].toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
