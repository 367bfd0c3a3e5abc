/** The law about open WebSockets and event streams. It waits in real time. */
import { setTimeout as sleep } from "node:timers/promises"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawSocket } from "../law-parts.ts"
import { browserWith, keyOf, loggedIn } from "../law-site.ts"

/** How much later than it says a site may close a socket, in milliseconds: timers are late on a busy machine. */
const lateness = 2000

/** Waits until a socket is closed, but not longer than the site may take. Returns whether it is closed. */
const closedWithin = async ({ isOpen }: LawSocket, seconds: number): Promise<boolean> => {
  const deadline = performance.now() + seconds * 1000 + lateness
  while (isOpen() && performance.now() < deadline) await sleep(10)
  return !isOpen()
}

export const socketsBesideLogout: LawText = {
  id: "a-socket-that-opens-beside-a-logout-ends",
  title: "a socket that is opened while its user logs out is refused, or is closed soon, in every order",
  why: "Between the check of the upgrade and the start of the watch, a logout could be missed: the socket would stay open without end.",
  needs: ["sockets", "gate"],
  finds: ["a site that misses a logout while it opens a socket"],
  holds: async (run) => {
    const { site } = run
    const { sockets } = site
    if (sockets === undefined) return
    await run.everyOrder("an upgrade beside a logout", async () => {
      const browser = await loggedIn(site, site.users[0])
      const tab = browserWith(site, keyOf(site, browser))
      const requests: [() => Promise<LawSocket>, () => Promise<Response>] = [
        () => sockets.open(tab),
        () => site.pages.logout(browser)
      ]
      return {
        requests,
        check: async ([socket]: [LawSocket, Response]) => {
          const isClosed = await closedWithin(socket, sockets.endsWithinSeconds)
          socket.close()
          must(isClosed, () => "the socket is still open")
        }
      }
    })
  }
}

export const socketsEnd: LawText = {
  id: "a-socket-ends-with-its-login",
  title:
    "an open socket is closed soon after its login has ended, and stays open otherwise; an outage keeps it only for as long as the site says",
  why: "A socket stays open for hours. Without a check, a user who has logged out, or was deactivated, would go on acting.",
  needs: ["sockets", "clock", "network", "accounts"],
  finds: [
    "a site whose sockets outlive their login",
    "a site whose sockets are closed by an outage",
    "a site whose sockets stay open without end while the store is away"
  ],
  holds: async (run) => {
    const { site } = run
    const { accounts, clock, network, sockets } = site
    if (accounts === undefined || clock === undefined || network === undefined || sockets === undefined) return
    const [alice, bob] = site.users
    const { endsWithinSeconds, unverifiedSeconds } = sockets
    for (const [name, end] of [
      ["a logout", site.pages.logout],
      ["the session has expired", async () => clock.advance({ seconds: clock.sessionSeconds })],
      ["the user is deactivated", async () => accounts.deactivate(alice)],
      ["the user is removed", async () => accounts.remove(alice)]
    ] as const)
      await run.situation(`a socket is open, and then: ${name}`, async () => {
        const browser = await loggedIn(site, alice)
        const [own, other] = [await sockets.open(browser), await sockets.open(await loggedIn(site, bob))]
        await sleep(endsWithinSeconds * 1000)
        must(own.isOpen() && other.isOpen(), () => "a socket is closed although its user is logged in")
        await end(browser)
        must(await closedWithin(own, endsWithinSeconds), () => "the socket is still open")
        must(name === "the session has expired" || other.isOpen(), () => "the socket of another user is closed")
        other.close()
      })
    await run.situation("a socket is open during an outage that ends soon", async () => {
      const socket = await sockets.open(await loggedIn(site, alice))
      await sleep(endsWithinSeconds * 1000)
      network.fail("all", "refused")
      await sleep(endsWithinSeconds * 1000)
      network.heal()
      await sleep(endsWithinSeconds * 1000)
      must(socket.isOpen(), () => "the outage has closed the socket")
      socket.close()
    })
    await run.situation("a socket is open during an outage that goes on", async () => {
      const socket = await sockets.open(await loggedIn(site, alice))
      network.fail("all", "refused")
      const isClosed = await closedWithin(socket, unverifiedSeconds + endsWithinSeconds)
      network.heal()
      must(isClosed, () => `the socket is still open ${unverifiedSeconds} seconds after the session was read`)
    })
  }
}
