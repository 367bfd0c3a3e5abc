/** Laws about attempts with wrong passwords: how many an attacker gets, and that users log in meanwhile. */
import { seen } from "../accounts/enumeration-laws.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { userOf } from "../law-site.ts"
import {
  attack,
  attackersHome,
  attackFrom,
  home,
  knownDevice,
  lastingAttack,
  logsIn,
  neighbour,
  started,
  userLogsIn,
  waitOf,
  wrongPassword
} from "./throttle-scenes.ts"

export const limitedGuesses: LawText = {
  id: "guesses-are-limited",
  title: "after some wrong passwords for one user name, or from one network, the right password is refused too",
  why: "An attacker who sends many passwords must not find the right one among them.",
  needs: ["clock", "throttle"],
  finds: [
    "a site that counts no failures",
    "a site that counts failures only by network",
    "a site that counts failures only by user name",
    "a site that counts an IPv6 address only by its first 64 bits",
    "a throttle store that forgets what it counts"
  ],
  holds: async (run) => {
    await run.situation("guesses for one user name, each from another network", async () => {
      const on = await started(run)
      await attack(on, on.alice, on.throttle.accountFailures - 1)
      must(await userLogsIn(on, on.alice), () => "the right password is refused before the last free failure")
      await attack(on, on.alice, on.throttle.accountFailures)
      must(!(await userLogsIn(on, on.alice)), () => "the right password is accepted")
    })
    await run.situation("guesses from one network, each for another user name", async () => {
      const on = await started(run)
      await attackFrom(on, attackersHome, on.throttle.networkFailures)
      must(!(await logsIn(on, on.alice)), () => "the right password is accepted")
    })
    const { wideNetworkFailures = 0 } = run.site.throttle ?? {}
    for (const [what, username] of [
      ["for one user name", () => run.site.users[0].username],
      ["each for another user name", (at: number) => `name ${at}`]
    ] as const)
      if (wideNetworkFailures > 0)
        await run.situation(
          `guesses ${what}, each from another network of the same 48 bits of an IPv6 address`,
          async () => {
            const on = await started(run)
            for (let at = 0; at < wideNetworkFailures; at++) await attackFrom(on, neighbour(at), 1, username(at))
            on.throttle.from(neighbour(wideNetworkFailures))
            must(!(await logsIn(on, on.alice)), () => "the right password is accepted")
          }
        )
    await run.situation("guesses from one network, by an attacker who has an account", async () => {
      const on = await started(run)
      for (let round = 0; round < on.throttle.networkFailures; round++) {
        await attackFrom(on, attackersHome, 1)
        await logsIn(on, on.bob)
      }
      must(!(await logsIn(on, on.alice)), () => "the right password is accepted")
    })
  }
}

export const growingWaits: LawText = {
  id: "waits-grow-and-end",
  title:
    "each further wrong password makes the next attempt wait for longer, up to the longest wait, and every wait ends",
  why: "Short waits do not stop an attacker; a wait without an end locks the user out.",
  needs: ["clock", "throttle"],
  finds: [
    "a site whose waits do not grow",
    "a site that locks users out permanently",
    "a throttle store in which attempts that wait prolong the wait"
  ],
  holds: async (run) => {
    const waits: Array<number> = []
    for (const more of [0, 1, 2])
      await run.situation(`the wait after ${more} failures more than the free ones`, async () => {
        const on = await started(run)
        await lastingAttack(on, on.alice, on.throttle.accountFailures + more)
        const wait = await waitOf(on, on.alice)
        must(wait !== undefined, () => "the right password is refused for longer than the longest wait")
        const before = waits.at(-1) ?? 0
        must((wait ?? 0) > before, () => `the wait is ${wait} seconds, and was ${before} before`)
        waits.push(wait ?? 0)
      })
    await run.situation("the first wait", async () => {
      const on = await started(run)
      must(
        waits[0] === on.throttle.firstSeconds,
        () => `it is ${waits[0]} seconds, and should be ${on.throttle.firstSeconds}`
      )
    })
    await run.situation("the wait after many failures", async () => {
      const on = await started(run)
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 30)
      const wait = await waitOf(on, on.alice)
      must(wait === on.throttle.maximumSeconds, () => `it is ${wait} seconds, and not the longest wait`)
    })
    await run.situation("failures that are so long ago that they are forgotten", async () => {
      const on = await started(run)
      if (on.throttle.forgetSeconds === undefined) return
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 30)
      on.clock.advance({ seconds: on.throttle.forgetSeconds })
      await attack(on, on.alice, on.throttle.accountFailures - 1)
      must(await userLogsIn(on, on.alice), () => "the right password is refused before the last free failure")
    })
    const { setBack } = run.site.clock ?? {}
    if (setBack === undefined) return
    await run.situation("a wait that began before the clock was set back by a day", async () => {
      const on = await started(run)
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 30)
      setBack({ days: 1 })
      must(
        (await waitOf(on, on.alice)) !== undefined,
        () => "the right password is refused for longer than the longest wait"
      )
    })
  }
}

export const successResets: LawText = {
  id: "a-success-resets-the-failures",
  title: "a login forgets the failures of its user name before it, and is none of its network",
  why: "Otherwise a user who mistypes the password once a day waits in the end, and so do all users of an office.",
  needs: ["clock", "throttle"],
  finds: ["a throttle store that resets nothing", "a throttle store that takes no attempt back"],
  holds: async (run) => {
    await run.situation("some failures before each login", async () => {
      const on = await started(run)
      for (let round = 0; round < 3; round++) {
        await attack(on, on.alice, on.throttle.accountFailures - 1)
        must(await userLogsIn(on, on.alice), () => `the right password is refused in round ${round + 1}`)
      }
    })
    await run.situation("many logins from one network, after a wrong password from there", async () => {
      const on = await started(run)
      await attackFrom(on, home, 1)
      for (let login = 0; login < 2 * on.throttle.networkFailures; login++)
        must(await userLogsIn(on, login % 2 === 0 ? on.alice : on.bob), () => `login ${login + 1} is refused`)
    })
  }
}

export const othersLogIn: LawText = {
  id: "an-attack-on-one-user-stops-no-other",
  title: "while one user name, or one network, is throttled, other users log in from other networks",
  why: "An attacker must not be able to lock users out by attacking another one.",
  needs: ["clock", "throttle"],
  finds: ["a throttle store that counts all keys as one", "a site that takes all clients for one network"],
  holds: async (run) => {
    await run.situation("an attack on one user name", async () => {
      const on = await started(run)
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 3)
      must(await userLogsIn(on, on.bob), () => "the other user is refused")
    })
    await run.situation("an attack from one network", async () => {
      const on = await started(run)
      await attackFrom(on, attackersHome, 2 * on.throttle.networkFailures)
      must(await userLogsIn(on, on.bob), () => "a user in another network is refused")
    })
  }
}

export const knownDeviceLogsIn: LawText = {
  id: "a-known-device-is-not-locked-out",
  title: "a browser in which a user has logged in logs in while other clients attack its user name and its network",
  why: "An attacker who knows a user name must not be able to lock its user out.",
  needs: ["clock", "throttle"],
  finds: ["a site that knows no devices"],
  holds: async (run) => {
    await run.situation("an attack on its user name and from its network", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.alice)
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 3)
      await attackFrom(on, home, 2 * on.throttle.networkFailures)
      must(!(await userLogsIn(on, on.alice)), () => "an unknown device is not refused")
      for (let login = 0; login < 3; login++)
        must(await logsIn(on, on.alice, device), () => "the known device is refused")
    })
  }
}

export const limitedDevices: LawText = {
  id: "known-devices-are-limited",
  title:
    "the cookie of a known device is for one user, for some failures, until it expires and until the password changes",
  why: "An attacker who copied the cookie, or who logs in to an account of their own, must not guess without a limit.",
  needs: ["clock", "throttle", "passwords"],
  finds: [
    "a site that knows a device for every user",
    "a site whose known devices guess without a limit",
    "a site whose known devices stay known after a new password",
    "a site whose known devices do not expire"
  ],
  holds: async (run) => {
    await run.situation("the device of another user", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.bob)
      await attack(on, on.alice, on.throttle.accountFailures)
      must(!(await logsIn(on, on.alice, device)), () => "it is not refused")
    })
    await run.situation("a cookie that the site has not signed", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.alice)
      const cookie = device.cookie(on.throttle.cookie) ?? ""
      const last = cookie.at(-3) === "A" ? "B" : "A"
      const secure = device.origin.startsWith("https:") ? "; Secure" : ""
      device.store([`${on.throttle.cookie}=${cookie.slice(0, -3)}${last}${cookie.slice(-2)}; Path=/${secure}`])
      await attack(on, on.alice, on.throttle.accountFailures)
      must(!(await logsIn(on, on.alice, device)), () => "it is not refused")
    })
    await run.situation("guesses with a copy of the cookie", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.alice)
      on.throttle.from(attackersHome)
      for (let at = 0; at < on.throttle.deviceFailures; at++)
        await logsIn(on, { ...on.alice, password: wrongPassword }, device)
      must(!(await logsIn(on, on.alice, device)), () => "the right password is accepted")
      must(await userLogsIn(on, on.alice), () => "the guesses make other clients of the user wait")
      on.clock.advance({ seconds: on.throttle.maximumSeconds })
      must(await logsIn(on, on.alice, device), () => "the device is refused for longer than the longest wait")
    })
    await run.situation("a change of the password", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.alice)
      const changed = { ...on.alice, password: "another password" }
      await on.site.passwords?.set(on.alice, changed.password)
      await attack(on, on.alice, on.throttle.accountFailures)
      must(!(await logsIn(on, changed, device)), () => "the device from before the change is not refused")
    })
    await run.situation("the end of the cookie", async () => {
      const on = await started(run)
      const device = await knownDevice(on, on.alice)
      on.clock.advance({ seconds: on.throttle.deviceSeconds })
      await attack(on, on.alice, on.throttle.accountFailures)
      must(!(await logsIn(on, on.alice, device)), () => "it is not refused")
    })
  }
}

export const throttledLooksWrong: LawText = {
  id: "a-throttled-login-looks-like-a-wrong-password",
  title:
    "a login that is refused because of earlier failures is answered as one with a wrong password, for the same work",
  why: "An attacker who can tell that the password was not looked at waits and loses no guess; one who sees that it was right has it.",
  needs: ["clock", "throttle"],
  finds: ["a site that answers 429 to a throttled login", "a site that computes no hash for a throttled login"],
  holds: async (run) => {
    let expected: string | undefined
    const answers = ["a wrong password", "a throttled wrong password", "a throttled right password"] as const
    for (const what of answers)
      await run.situation(what, async () => {
        const on = await started(run)
        await attack(on, on.alice, what === "a wrong password" ? 1 : on.throttle.accountFailures)
        const [hashes, calls] = [on.site.hashed?.().length ?? 0, on.site.calls?.().length ?? 0]
        const user = what === "a throttled right password" ? on.alice : { ...on.alice, password: wrongPassword }
        const answer = await seen(await on.site.pages.login(on.site.browser(), user), user)
        const work = [(on.site.hashed?.() ?? []).slice(hashes), (on.site.calls?.() ?? []).slice(calls)]
        const all = `${answer} for the hashes and store calls ${JSON.stringify(work)}`
        expected ??= all
        must(all === expected, () => `it is answered ${all}; a wrong password ${expected}`)
      })
  }
}

export const outageDecidesNothing: LawText = {
  id: "an-outage-of-the-throttle-decides-nothing",
  title:
    "while the throttle store is away, a login fails with an error, neither accepted nor wrong, and is not counted",
  why: "An attacker who can overload the store would get more guesses; users would be told that their password is wrong.",
  needs: ["clock", "throttle"],
  finds: [
    "a site that counts in memory while the throttle store is away",
    "a site that takes an outage of the throttle store for a wrong password"
  ],
  holds: async (run) => {
    for (const [name, password] of [
      ["the right password", undefined],
      ["a wrong password", wrongPassword]
    ] as const)
      await run.situation(name, async () => {
        const on = await started(run)
        const browser = on.site.browser()
        on.throttle.lose()
        for (let at = 0; at < 2 * on.throttle.accountFailures; at++) {
          const { status } = await on.site.pages.login(browser, {
            ...on.alice,
            password: password ?? on.alice.password
          })
          must(status >= 500, () => `the login is answered ${status}`)
        }
        on.throttle.find()
        must((await userOf(on.site, browser)) === undefined, () => "the browser is logged in")
        must(await userLogsIn(on, on.alice), () => "the attempts during the outage are counted")
      })
  }
}
