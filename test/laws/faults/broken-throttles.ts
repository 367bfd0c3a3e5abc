/** Sites whose throttle has one fault each, for the laws to find. */
import * as Effect from "effect/Effect"
import type { ThrottleChange, ThrottleStore } from "../../../src/adapters/ports/throttle-store.ts"
import { memoryThrottle } from "../../../src/adapters/store/memory.ts"
import { policyOf, type Taken, type ThrottleState, take, takeBack } from "../../../src/core/throttle/throttle.ts"
import type { ThrottleKind } from "../../../src/core/throttle/throttle-keys.ts"
import { type Browser, type LawTestSite, type LawUser, testSite } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"
import type { ThrottleChanges } from "../../../src/testing/laws/memory/memory-throttled.ts"

/** A site with another throttle. */
const throttledBy = (changes: ThrottleChanges, site: LawTestSite = testSite()): LawSite =>
  lawSiteOf(site, undefined, changes)

/** A site whose throttle has other options. */
const withOptions = (change: NonNullable<ThrottleChanges["auth"]>): LawSite => throttledBy({ auth: change })

const isOf = (key: string, kinds: ReadonlyArray<ThrottleKind>): boolean =>
  kinds.some((kind) => key.startsWith(`${kind}:`))

/** A store that gives every attempt with a key of these kinds the same answer, and counts none of them. */
const answering = (kinds: ReadonlyArray<ThrottleKind>, answer: Taken) =>
  throttledBy({
    store: (sound) => ({
      ...sound,
      take: (asks, now) =>
        Effect.map(
          sound.take(
            asks.filter(({ key }) => !isOf(key, kinds)),
            now
          ),
          (answers) => {
            const rest = [...answers]
            const all = asks.flatMap(({ key }) => (isOf(key, kinds) ? [answer] : (rest.shift() ?? [])))
            const refused = all.findIndex(({ _tag }) => _tag === "Refused")
            return refused < 0 ? all : all.slice(0, refused + 1)
          }
        )
    })
  })

const taken: Taken = { _tag: "Taken", until: 0 }

/** A store of its own, with another rule in one place. */
const storeWith = ({
  keyOf = (key) => key,
  refused = (state) => state,
  pause = Effect.void
}: {
  readonly keyOf?: (key: string) => string
  /** The state after an attempt that is refused. */
  readonly refused?: (state: ThrottleState, now: number) => ThrottleState
  /** Runs between the read and the write of a state. */
  readonly pause?: Effect.Effect<void>
}): ThrottleStore => {
  const states = new Map<string, ThrottleState>()
  const change = (each: ThrottleChange): void => {
    const key = keyOf(each.key)
    const state = each._tag === "Reset" ? undefined : takeBack(states.get(key), each.until)
    if (state === undefined) states.delete(key)
    else states.set(key, state)
  }
  return {
    take: Effect.fnUntraced(function* (asks, now) {
      const answers: Array<Taken> = []
      for (const { key, policy } of asks) {
        const before = states.get(keyOf(key))
        yield* pause
        const after = take(policy, before, now)
        states.set(keyOf(key), after.taken._tag === "Refused" ? refused(after.state, now) : after.state)
        answers.push(after.taken)
        if (after.taken._tag === "Refused") break
      }
      return answers
    }),
    settle: (changes) => Effect.sync(() => changes.forEach(change))
  }
}

/** A site whose login page answers otherwise after some failures. It counts them itself. */
const loggingIn = (
  answer: (login: LawSite["pages"]["login"], browser: Browser, user: LawUser, failures: number) => Promise<Response>
): LawSite => {
  const site = throttledBy({})
  const { throttle } = site
  const failures = new Map<string, number>()
  const login = async (browser: Browser, user: LawUser) => {
    const before = failures.get(user.username) ?? 0
    const response = await answer(site.pages.login, browser, user, before)
    if (response.status >= 400) failures.set(user.username, before + 1)
    return response
  }
  const start = async () => {
    failures.clear()
    await throttle?.start?.()
  }
  return {
    ...site,
    pages: { ...site.pages, login },
    ...(throttle === undefined ? {} : { throttle: { ...throttle, start } })
  }
}

/** A site that logs in known devices without its throttle, in some cases. */
const passing = (isPassed: (user: LawUser, owner: string | undefined) => boolean): LawSite => {
  const test = testSite()
  const site = throttledBy({}, test)
  const unthrottled = lawSiteOf(test)
  const owners = new Map<string, string>()
  const login = async (browser: Browser, user: LawUser) => {
    const owner = owners.get(browser.cookie("knowndevice") ?? "")
    if (owner !== undefined && isPassed(user, owner)) return unthrottled.pages.login(browser, user)
    const response = await site.pages.login(browser, user)
    const cookie = browser.cookie("knowndevice")
    if (response.status < 400 && cookie !== undefined) owners.set(cookie, user.username)
    return response
  }
  return { ...site, pages: { ...site.pages, login } }
}

/** A site that looks at the failures of a user name before it checks the password, and counts one afterwards. */
const countingLate = (): LawSite => {
  const test = testSite()
  const site = throttledBy({ auth: ({ throttle: _, ...options }) => options }, test)
  const { clock, throttle } = site
  const policy = policyOf({ freeFailures: 3, maximumSeconds: 8, forgetSeconds: 86_400 })
  const states = new Map<string, ThrottleState>()
  const login = async (browser: Browser, user: LawUser) => {
    await test.gate.turn("look at the failures")
    const state = states.get(user.username)
    if (state !== undefined && Number(clock?.now()) < state.until) return new Response(null, { status: 401 })
    const response = await site.pages.login(browser, user)
    await test.gate.turn("count the login")
    if (response.status < 400) states.delete(user.username)
    else
      states.set(
        user.username,
        // Whether the next attempt waits was decided before.
        take(
          policy,
          { ...(states.get(user.username) ?? { failures: 0, forgottenAt: Infinity }), until: 0 },
          Number(clock?.now())
        ).state
      )
    return response
  }
  return {
    ...site,
    pages: { ...site.pages, login },
    ...(throttle === undefined
      ? {}
      : {
          throttle: {
            ...throttle,
            start: async () => {
              states.clear()
              await throttle.start?.()
            }
          }
        })
  }
}

/** Faults of throttles, and of sites that have one. */
export const brokenThrottles: Readonly<Record<string, () => LawSite>> = {
  "a site that counts no failures": () => withOptions(({ throttle: _, ...options }) => options),
  "a site that counts failures only by network": () => answering(["account"], taken),
  "a site that counts failures only by user name": () => answering(["network"], taken),
  "a site that counts an IPv6 address only by its first 64 bits": () => answering(["wideNetwork"], taken),
  "a throttle store that forgets what it counts": () =>
    throttledBy({ store: (sound) => ({ ...sound, take: (asks) => Effect.succeed(asks.map(() => taken)) }) }),
  "a site whose waits do not grow": () =>
    withOptions(({ throttle, ...options }) => ({
      ...options,
      ...(throttle && { throttle: { ...throttle, account: { freeFailures: 3, maximumSeconds: 1 } } })
    })),
  "a site that locks users out permanently": () => {
    const failures = new Map<string, number>()
    return throttledBy({
      store: (sound) => ({
        ...sound,
        take: (asks, now) => {
          const key = asks.find((ask) => isOf(ask.key, ["account"]))?.key ?? ""
          failures.set(key, (failures.get(key) ?? 0) + 1)
          return (failures.get(key) ?? 0) > 5
            ? Effect.succeed([{ _tag: "Refused", until: Infinity }])
            : sound.take(asks, now)
        }
      })
    })
  },
  "a throttle store in which attempts that wait prolong the wait": () =>
    throttledBy({ store: () => storeWith({ refused: (state, now) => ({ ...state, until: now + 2000 }) }) }),
  "a throttle store that resets nothing": () =>
    throttledBy({ store: (sound) => ({ ...sound, settle: () => Effect.void }) }),
  "a throttle store that takes no attempt back": () =>
    throttledBy({
      store: (sound) => ({
        ...sound,
        settle: (changes) => sound.settle(changes.filter(({ _tag }) => _tag === "Reset"))
      })
    }),
  "a throttle store that counts all keys as one": () => throttledBy({ store: () => storeWith({ keyOf: () => "all" }) }),
  "a site that takes all clients for one network": () =>
    withOptions((options) => ({ ...options, clientAddress: () => "192.0.2.200" })),
  "a site that knows no devices": () => answering(["device"], { _tag: "Refused", until: Infinity }),
  "a site that knows a device for every user": () => passing((user, owner) => user.username !== owner),
  "a site whose known devices guess without a limit": () =>
    withOptions(({ throttle, ...options }) => ({
      ...options,
      ...(throttle && { throttle: { ...throttle, device: { freeFailures: 100 } } })
    })),
  "a site whose known devices stay known after a new password": () =>
    passing((user, owner) => user.username === owner && user.password === "another password"),
  "a site whose known devices do not expire": () =>
    withOptions(({ throttle, ...options }) => ({
      ...options,
      ...(throttle && { throttle: { ...throttle, cookie: { ageSeconds: 1e9 } } })
    })),
  "a site that answers 429 to a throttled login": () =>
    loggingIn(async (login, browser, user, failures) => {
      const response = await login(browser, user)
      return response.status < 400 || failures < 3 ? response : new Response(null, { status: 429 })
    }),
  "a site that computes no hash for a throttled login": () =>
    loggingIn((login, browser, user, failures) =>
      failures < 3 ? login(browser, user) : Promise.resolve(Response.json({}, { status: 401 }))
    ),
  "a site that counts in memory while the throttle store is away": () =>
    withOptions(({ throttle, ...options }) => ({
      ...options,
      ...(throttle && { throttle: { ...throttle, fallbackStore: memoryThrottle() } })
    })),
  "a site that takes an outage of the throttle store for a wrong password": () =>
    loggingIn(async (login, browser, user) => {
      const response = await login(browser, user)
      return response.status === 503 ? new Response(null, { status: 401 }) : response
    }),
  "a throttle store that counts two attempts at the same time as one": () => {
    const site = testSite()
    const pause = Effect.promise(() => site.gate.turn("write the count"))
    return throttledBy({ store: () => storeWith({ pause }) }, site)
  },
  "a site that counts a failure after the check of the password": countingLate,
  "a site that does not count proofs of users who are logged in": () => answering(["device", "proof"], taken),
  "a site on which failed logins stop users who are logged in": () => {
    let until = 0
    return throttledBy({
      store: (sound) => ({
        ...sound,
        take: (asks, now) =>
          asks.some(({ key }) => isOf(key, ["device", "proof"])) && now < until
            ? Effect.succeed([{ _tag: "Refused", until }])
            : Effect.map(sound.take(asks, now), (answers) => {
                until = Math.max(...answers.map((answer) => answer.until))
                return answers
              })
      })
    })
  },
  "a site that sends mails without a limit": () => answering(["recipient"], taken),
  "a site that sends mails at each sign-up": () => {
    const site = throttledBy({})
    const { requestSignUp } = site.pages
    let further = 0
    return {
      ...site,
      ...(site.throttle && { throttle: { ...site.throttle, mails: () => (site.throttle?.mails?.() ?? 0) + further } }),
      reset: async () => {
        further = 0
        await site.reset()
      },
      pages: {
        ...site.pages,
        requestSignUp: async (...input: Parameters<NonNullable<typeof requestSignUp>>) => {
          const before = site.throttle?.mails?.() ?? 0
          const response = (await requestSignUp?.(...input)) ?? new Response(null, { status: 500 })
          further += site.throttle?.mails?.() === before ? 1 : 0
          return response
        }
      }
    }
  },
  "a site that answers 429 to a further request for a mail": () => {
    const site = throttledBy({})
    const { requestReset } = site.pages
    let requests = 0
    return {
      ...site,
      pages: {
        ...site.pages,
        requestReset: async (browser: Browser, user: LawUser) => {
          requests += 1
          const response = await requestReset?.(browser, user)
          return requests > 3 || response === undefined ? new Response(null, { status: 429 }) : response
        }
      }
    }
  }
}
