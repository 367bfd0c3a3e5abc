/** Collects the facts that `latchkey doctor` judges. Nothing is changed. */
import * as Effect from "effect/Effect"
import { makeCodec, signedCookieSalt, storeSalt } from "../../core/session/text/codec.ts"
import type { Decoded, SessionCodec } from "../../core/session/value/session-settings.ts"
import type { DeviceBoundFacts, Diagnosis, Examine, SessionSamples, ThrottleFacts } from "../ports/diagnosis.ts"
import type { Hasher } from "../ports/passwords.ts"
import type { ThrottleStore } from "../ports/throttle-store.ts"
import { csrfWarnings } from "./options/csrf-options.ts"
import { hostSettings, hostWarnings } from "./options/host-options.ts"
import { secretKeyProblems, secretKeyWarnings } from "./options/secret-key.ts"
import { sessionWarnings } from "./options/session-options.ts"
import type { SettingsOptions } from "./options/settings-options.ts"

/** What a diagnosis needs of the application. */
export interface DiagnosisInput {
  readonly options: SettingsOptions
  readonly hashers: readonly [Hasher, ...ReadonlyArray<Hasher>]
  /** Whether the session store can be shared with a Django site. */
  readonly isSharedWithDjango: boolean
  /** Where failed attempts are counted. */
  readonly throttle: ThrottleStore | undefined
  /** Whether the application limits attempts itself. */
  readonly limitsAttempts: boolean
  /** Whether the option `clientAddress` is set. */
  readonly hasClientAddress: boolean
  /** The codec of the session store. */
  readonly codec: SessionCodec
  /** How each store is examined, each once. */
  readonly examine: ReadonlyArray<Examine>
  readonly now: () => number
}

export const diagnose = Effect.fnUntraced(function* (input: DiagnosisInput): Effect.fn.Return<Diagnosis> {
  const { codec, examine, hashers, now, options } = input
  const examined = yield* Effect.forEach(examine, (one) => one(now))
  const texts = examined.flatMap((one) => one.texts)
  return {
    isProduction: process.env["NODE_ENV"] === "production",
    secretKeys: { problems: secretKeyProblems(options, true), warnings: secretKeyWarnings(options) },
    settings: [...sessionWarnings(options), ...csrfWarnings(options), ...hostWarnings(hostSettings(options, true))],
    deviceBound: deviceBoundFacts(input),
    throttle: yield* throttleFacts(input),
    hashers: hashers.map(({ algorithm }) => algorithm),
    newHashCost: costOf(yield* Effect.promise(() => hashers[0].encode("", "0123456789abcdefghijkl"))),
    stores: examined.flatMap(({ facts }) => facts),
    samples: samplesOf(texts, codec, options)
  }
})

const deviceBoundFacts = ({ isSharedWithDjango, options }: DiagnosisInput): DeviceBoundFacts | undefined =>
  options.deviceBound === undefined
    ? undefined
    : {
        mode: options.deviceBound.mode,
        hasSecureProxyHeader: options.secureProxyHeader !== undefined,
        isSharedWithDjango,
        djangoChecks: options.deviceBound.djangoChecks
      }

const throttleFacts = ({
  hasClientAddress,
  isSharedWithDjango,
  limitsAttempts,
  options,
  throttle
}: DiagnosisInput): Effect.Effect<ThrottleFacts> => {
  const processes = Number(process.env["WEB_CONCURRENCY"])
  const examined: Effect.Effect<ThrottleFacts["store"]> = throttle?.examine?.() ?? Effect.undefined
  return Effect.map(examined, (store) => ({
    isOn: throttle !== undefined,
    hasOwnLimits: limitsAttempts,
    isShared: throttle?.isShared,
    sessionsAreShared: isSharedWithDjango,
    hasClientAddress,
    isBehindProxy:
      options.secureProxyHeader !== undefined || options.useForwardedHost === true || options.useForwardedPort === true,
    processes: Number.isInteger(processes) && processes > 0 ? processes : undefined,
    store
  }))
}

/** The cost of an encoded password, as in `PasswordCount`. */
const costOf = (encoded: string): string => {
  const [, workFactor, blockSize, parallelism] = /^scrypt\$(\d+)\$[^$]*\$(\d+)\$(\d+)\$/.exec(encoded) ?? []
  return workFactor === undefined
    ? (costs.map((cost) => cost.exec(encoded)?.[1]).find((text) => text !== undefined) ?? "")
    : `N=${workFactor},r=${blockSize},p=${parallelism}`
}

const costs: ReadonlyArray<RegExp> = [
  /^pbkdf2_\w+\$(\d+)\$/,
  /^argon2\$.*\$(m=\d+,t=\d+,p=\d+)\$/,
  /^bcrypt\w*\$\$2[abxy]\$(\d\d)\$/
]

const samplesOf = (
  texts: ReadonlyArray<string>,
  codec: SessionCodec,
  { secretKey: secret = "", secretKeyFallbacks: fallbacks = [] }: SettingsOptions
): SessionSamples => {
  const others = [storeSalt, signedCookieSalt].map((salt) => makeCodec({ secret, fallbacks, salt, memoBytes: 0 }))
  const isSigned = ({ _tag }: Decoded): boolean => _tag !== "BadSignature"
  const kinds = texts.map((text): keyof SessionSamples => {
    const decoded = codec.decode(text)
    if (decoded._tag === "Decoded" || decoded._tag === "TooLarge") return "read"
    if (isSigned(decoded)) return "otherSerializer"
    return others.some((other) => isSigned(other.decode(text))) ? "otherSalt" : "otherSecret"
  })
  const count = (kind: keyof SessionSamples): number => kinds.filter((one) => one === kind).length
  return {
    read: count("read"),
    otherSalt: count("otherSalt"),
    otherSecret: count("otherSecret"),
    otherSerializer: count("otherSerializer")
  }
}
