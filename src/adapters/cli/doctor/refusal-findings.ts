/** Settings with which latchkey refuses to start: the application does not run with them at all. */
import type { Finding } from "./finding.ts"

/** @param problems each with what to write instead, after a semicolon */
export const refusalFindings = (problems: ReadonlyArray<string>): ReadonlyArray<Finding> =>
  problems.map((text): Finding => {
    const [problem = text, ...advice] = text.split("; ")
    return {
      ...{ code: "start.refused", severity: "error", confidence: "certain" },
      problem,
      effect: "the application does not start with these settings",
      remedy: advice.length === 0 ? "correct the setting that is named" : advice.join("; ")
    }
  })
