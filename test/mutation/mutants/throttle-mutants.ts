/** Faults in the throttle. */
import type { Mutant } from "../mutant.ts"

export const throttleMutants: ReadonlyArray<Mutant> = [
  {
    name: "a wait is over one millisecond late",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "now <= until && until - now <= longest(policy) * 1000"
  },
  {
    name: "attempts never wait",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "false"
  },
  {
    name: "an instant from before the clock was set back makes attempts wait",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "now < until"
  },
  {
    name: "an attempt that waits prolongs the wait",
    was: 'return { state: known, taken: { _tag: "Refused", until: known.until } }',
    becomes: 'return { state: { ...known, until: now + 2000 }, taken: { _tag: "Refused", until: known.until } }',
    beyondLaws: "the store in memory keeps no state of an attempt that it refuses; tested in test/core/throttle"
  },
  {
    name: "failures are not added up",
    was: "const failures = (known?.failures ?? 0) + 1",
    becomes: "const failures = 1"
  },
  {
    name: "failures are never forgotten",
    was: "state === undefined || isForgotten(state, now) ? undefined : state",
    becomes: "state"
  },
  {
    name: "waits do not grow",
    was: "delays[Math.min(failures, delays.length) - 1] ?? 0",
    becomes: "(failures < 3 ? 0 : 1) * (delays.at(-1) ?? 0)"
  },
  {
    name: "there is no wait after the last delay",
    was: "delays[Math.min(failures, delays.length) - 1] ?? 0",
    becomes: "delays[failures - 1] ?? 0"
  },
  {
    name: "one failure more is free",
    was: "Array<number>(Math.max(0, freeFailures - 1)).fill(0)",
    becomes: "Array<number>(freeFailures).fill(0)"
  },
  {
    name: "an attempt that is taken back stays counted",
    was: "return { ...state, failures: state.failures - 1, until: state.until === until ? 0 : state.until }",
    becomes: "return state"
  },
  {
    name: "an attempt that is taken back ends the wait of a later one",
    was: "until: state.until === until ? 0 : state.until",
    becomes: "until: 0"
  },
  {
    name: "all user names share one count",
    was: 'account: (username) => key("account", named(username))',
    becomes: 'account: () => key("account", "")'
  },
  {
    name: "all networks share one count",
    was: "{ kind: narrow, key: key(narrow, networkOf(address)) }",
    becomes: '{ kind: narrow, key: key(narrow, "") }'
  },
  {
    name: "an IPv6 address is counted only by its first 64 bits",
    was: "...(wideNetwork === undefined ? [] : [{ kind: wide, key: key(wide, wideNetwork) }])",
    becomes: "...[]"
  },
  {
    name: "the cookie of a known device is for every user",
    was: "const signed = (id: string, tag: string, account: string): string => `${id}.${tag}.${account}`",
    becomes: "const signed = (id: string, tag: string, _account: string): string => `${id}.${tag}`",
    beyondLaws: "the hash of the other user's password is refused too; tested in test/core/throttle"
  },
  {
    name: "the cookie of a known device does not expire",
    was: 'read._tag !== "Verified" || now >= read.signedAt + ageSeconds * 1000',
    becomes: 'read._tag !== "Verified"'
  },
  {
    name: "the cookie of a known device needs no signature",
    was: 'read._tag !== "Verified" || now >= read.signedAt + ageSeconds * 1000',
    becomes: 'read._tag === "Verified" && now >= read.signedAt + ageSeconds * 1000'
  },
  {
    name: "a known device outlives a change of the password",
    was: "passwords.some((hmac) => constantTimeEqual(passwordTag, hmac.base64url(encoded)))",
    becomes: "passwords.some(() => passwordTag !== encoded)"
  },
  {
    name: "a login resets the failures of its network",
    was: 'key === account ? { _tag: "Reset", key } : { _tag: "TakeBack", key, until }',
    becomes: '{ _tag: "Reset", key }'
  },
  {
    name: "a throttled attempt computes no hash",
    was: ": passwords.refuse(password, stored)",
    becomes: ": Effect.succeed({ correct: false, mustUpdate: false })"
  },
  {
    name: "an attempt is made while the throttle store is away",
    was: "fallbackStore === undefined ? by(store) : Effect.catch(by(store), () => by(fallbackStore))",
    becomes:
      'Effect.catch(by(store), () => Effect.succeed({ answers: asks.map(() => ({ _tag: "Taken", until: 0 })), store }))'
  },
  {
    name: "an attempt is allowed if one of its keys allows it",
    was: 'answers.length === asks.length && answers.every(({ _tag }) => _tag === "Taken")',
    becomes: 'answers.some(({ _tag }) => _tag === "Taken")'
  },
  {
    name: "a user who is logged in waits as logins do",
    was: '...(isLoggedIn || subject._tag === "Link" ? { proof: proofOf(services, subject) } : {}),',
    becomes: ""
  },
  {
    name: "a request for a mail is always allowed",
    was: "({ answers }) => isAccepted(asks, answers) )",
    becomes: "() => true )"
  },
  {
    name: "a guess at an inactive user is not counted when another backend is not available",
    was: "if (allowed) isJudgedWrong = true",
    becomes: "if (!allowed) isJudgedWrong = true",
    beyondLaws: "the sites of the laws have no backend that fails; tested in test/adapters/request/throttle"
  }
]
