/** Judges the hashers against the passwords that are stored. */
import type { Diagnosis, PasswordCount } from "../../ports/diagnosis.ts"
import type { Finding } from "./finding.ts"

const users = (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "user" : "users"}`

export const passwordFindings = ({ hashers, newHashCost, stores }: Diagnosis): ReadonlyArray<Finding> =>
  stores
    .flatMap((store) => ("passwords" in store ? store.passwords : []))
    .flatMap((one) => [
      ...unreadable(one, hashers),
      ...otherHasher(one, hashers),
      ...otherCost(one, hashers[0] ?? "", newHashCost)
    ])

const unreadable = (
  { algorithm, users: count }: PasswordCount,
  hashers: ReadonlyArray<string>
): ReadonlyArray<Finding> => {
  if (algorithm === "unusable" || hashers.includes(algorithm)) return []
  const isUnknown = algorithm === "unknown"
  return [
    {
      code: isUnknown ? "passwords.unknown" : "passwords.no-hasher",
      severity: "error",
      problem: isUnknown
        ? `the passwords of ${users(count)} have no format that Django's hashers write`
        : `the passwords of ${users(count)} are hashed with ${algorithm}, which is not one of hashers`,
      effect: "these users cannot log in: every password counts as wrong",
      remedy: isUnknown
        ? "add a hasher for this format, or let these users reset their passwords"
        : `add the hasher ${algorithm} after the first one; it is used for checking only`,
      confidence: "certain"
    }
  ]
}

const replaced = "the next login of each of these users replaces the hash and ends the user's other sessions"

/** Each login replaces a hash of another algorithm than the first hasher's. */
const otherHasher = (
  { algorithm, users: count }: PasswordCount,
  [preferred = "", ...others]: ReadonlyArray<string>
): ReadonlyArray<Finding> =>
  others.includes(algorithm) && algorithm !== preferred
    ? [
        {
          code: "passwords.other-hasher",
          severity: "note",
          problem: `the passwords of ${users(count)} are hashed with ${algorithm}, and the first hasher is ${preferred}`,
          effect: `${replaced}; a Django that prefers ${algorithm} does so again at its next login`,
          remedy: `put the hasher ${algorithm} first if a Django beside prefers it; otherwise nothing`,
          confidence: "certain"
        }
      ]
    : []

/** Django, too, replaces a hash whose cost differs, also by a cheaper one. */
const otherCost = (
  { algorithm, cost, users: count }: PasswordCount,
  preferred: string,
  newHashCost: string
): ReadonlyArray<Finding> => {
  if (algorithm !== preferred || cost === "" || newHashCost === "") return []
  const compared = compare(cost, newHashCost)
  const problem = `the passwords of ${users(count)} are hashed with ${described(algorithm, cost)}, new ones with ${described(algorithm, newHashCost)}`
  if (!compared.includes("higher"))
    return compared.includes("lower")
      ? [
          {
            code: "passwords.lower-cost",
            severity: "note",
            problem,
            effect: `${replaced}; a Django with the lower cost does so again at its next login`,
            remedy: "set djangoVersion to the version of the Django beside; without a Django, nothing",
            confidence: "certain"
          }
        ]
      : []
  const isMixed = compared.includes("lower")
  return [
    {
      code: "passwords.higher-cost",
      severity: "warning",
      problem,
      effect: isMixed
        ? "each login of these users replaces the hash by one that is weaker in a part; a Django with the other cost replaces it again"
        : "each login of these users replaces the hash by a weaker one; a Django with the higher cost replaces it again",
      remedy: "set djangoVersion to the version of the Django beside, or raise the cost of the first hasher",
      confidence: isMixed ? "possible" : "certain"
    }
  ]
}

/** How each number of a cost differs from that of new hashes. Costs of one algorithm have the same numbers. */
const compare = (stored: string, fresh: string): ReadonlyArray<"higher" | "lower" | "same"> => {
  const present = numbersOf(fresh)
  return numbersOf(stored).map((number, index) => {
    const other = present[index] ?? number
    return number > other ? "higher" : number < other ? "lower" : "same"
  })
}

const numbersOf = (cost: string): ReadonlyArray<number> => (cost.match(/\d+/g) ?? []).map(Number)

const described = (algorithm: string, cost: string): string => {
  if (algorithm.startsWith("pbkdf2")) return `${cost} iterations`
  return algorithm.startsWith("bcrypt") ? `${cost} rounds` : cost
}
