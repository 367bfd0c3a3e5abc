/** Judges whether stored sessions can be read with the application's settings. */
import type { Diagnosis, SessionSamples } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

interface Cause {
  readonly code: string
  readonly problem: string
  readonly remedy: string
  readonly confidence: Finding["confidence"]
}

const causes: { readonly [kind in Exclude<keyof SessionSamples, "read">]: Cause } = {
  otherSecret: {
    code: "sessions.secret",
    problem: "stored sessions are signed with another secret key, or with a salt of the project's own",
    remedy:
      "use the SECRET_KEY of the site that made them, or list it in secretKeyFallbacks; if the project has an engine class of its own, write its salt as sessionSalt",
    confidence: "likely"
  },
  otherSalt: {
    code: "sessions.salt",
    problem: "stored sessions are signed with this secret key, but with another salt",
    remedy: "remove sessionSalt, or write the salt of the Django that made them",
    confidence: "certain"
  },
  otherSerializer: {
    code: "sessions.serializer",
    problem: "stored sessions have the right signature, but their content is not JSON",
    remedy: "set SESSION_SERIALIZER of the Django to JSONSerializer; latchkey does not read pickle",
    confidence: "certain"
  }
}

export const sessionFindings = ({ samples }: Diagnosis): ReadonlyArray<Finding> => {
  const total = samples.read + samples.otherSalt + samples.otherSecret + samples.otherSerializer
  return (["otherSecret", "otherSalt", "otherSerializer"] as const).flatMap((kind) => {
    const count = samples[kind]
    if (count === 0) return []
    const { problem, ...cause } = causes[kind]
    return [
      {
        ...cause,
        severity: samples.read === 0 ? ("error" as const) : ("warning" as const),
        problem: `${problem} (${count} of the ${total} that were tried)`,
        effect: "the users of these sessions are logged out"
      }
    ]
  })
}
