import { type Browser, testSite } from "../../../src/testing/index.ts"
import type { LawSocket } from "../../../src/testing/laws/law-parts.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

import { sound, withPages } from "./sites.ts"

/** A site that says something else about its lifetimes. */
const saying = (lifetime: Partial<NonNullable<LawSite["lifetime"]>>): LawSite => {
  const site = sound()
  if (site.lifetime === undefined) throw new Error("the site has no lifetimes")
  return { ...site, lifetime: { ...site.lifetime, ...lifetime } }
}

/** A site with other sockets. @param change gets a socket, and whether the store has been away since it was opened */
const withSocket = (change: (socket: LawSocket, isAway: () => boolean) => LawSocket): LawSite => {
  const site = sound()
  const { network, sockets } = site
  if (network === undefined || sockets === undefined) throw new Error("the site has no sockets")
  let isAway = false
  return {
    ...site,
    network: {
      ...network,
      fail: (...input) => {
        isAway = true
        network.fail(...input)
      }
    },
    sockets: {
      ...sockets,
      open: async (browser) => {
        isAway = false
        return change(await sockets.open(browser), () => isAway)
      }
    }
  }
}

/** By what is wrong. */
export const brokenSessions: Readonly<Record<string, () => LawSite>> = {
  "a site that lists the sessions of all users": () =>
    withPages(({ auth, user }, { listSessions }) => ({
      listSessions: async (browser) => {
        const all = [...(await auth.listSessions(user("alice"))), ...(await auth.listSessions(user("bob")))]
        const [current] = (await listSessions?.(browser)) ?? []
        return all.map(({ id }) => ({ id, current: id === current?.id }))
      }
    })),
  "a site whose list of sessions shows their keys": () =>
    withPages(({ stores }, { listSessions }) => ({
      listSessions: async (browser) => {
        const list = (await listSessions?.(browser)) ?? []
        const keys = [...stores.sessions.rows.keys()]
        return list.map(({ current }, at) => ({ id: keys[at] ?? "", current }))
      }
    })),
  "a site that ends the sessions of other users": () =>
    withPages(({ auth, user }) => ({
      endSession: async (_, id) => {
        for (const name of ["alice", "bob"] as const) await auth.endSession(user(name), id)
        return new Response(null, { status: 200 })
      }
    })),
  "a site that accepts every password": () => {
    const site = sound()
    const { login } = site.pages
    const right = (username: string) => site.users.find((user) => user.username === username)
    return {
      ...site,
      pages: { ...site.pages, login: (browser, user) => login(browser, right(user.username) ?? user) }
    }
  },
  "a page that stores a session for every visitor": () => {
    const site = sound()
    const { visit, write } = site.pages
    return {
      ...site,
      pages: {
        ...site.pages,
        visit: async (browser) => {
          await write?.(browser, "seen", 1)
          return visit(browser)
        }
      }
    }
  },
  "a page that stores the login before it fails": () => {
    const site = sound()
    const { login } = site.pages
    const fail = async (...input: Parameters<typeof login>) => {
      await login(...input)
      return new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, loginThenFail: fail } }
  },
  "a page that undoes the logout when it fails": () => {
    const site = sound()
    return { ...site, pages: { ...site.pages, logoutThenFail: async () => new Response(null, { status: 500 }) } }
  },
  "a page that renews the session for every visitor": () => {
    const site = sound()
    const { cycle, visit } = site.pages
    const renew = async (browser: Browser) => {
      await cycle?.(browser)
      return visit(browser)
    }
    return { ...site, pages: { ...site.pages, visit: renew } }
  },
  "a site that forgets the expiry of a session": () => {
    const site = sound()
    return { ...site, pages: { ...site.pages, expire: site.pages.visit } }
  },
  "a site whose idle lifetime is longer than it says": () => saying({ idleSeconds: 1799 }),
  "a site whose absolute lifetime is longer than it says": () => saying({ absoluteSeconds: 7199 }),
  "a site that records uses less often than it says": () => saying({ renewalSeconds: 30 }),
  "a site that records uses more often than it says": () => saying({ renewalSeconds: 90 }),
  "a site that keeps the key when its own user logs in again": () => ({ ...sound(), renewAtEveryLogin: () => {} }),
  "a site whose sockets outlive their login": () => withSocket(() => ({ isOpen: () => true, close: () => {} })),
  "a site whose sockets are closed by an outage": () =>
    withSocket((socket, isAway) => ({ ...socket, isOpen: () => socket.isOpen() && !isAway() })),
  "a site whose sockets stay open without end while the store is away": () =>
    withSocket((socket, isAway) => ({ ...socket, isOpen: () => isAway() || socket.isOpen() })),
  "a site that misses a logout while it opens a socket": () => {
    const site = testSite({ userSessions: true })
    const described = lawSiteOf(site)
    const { logout, visit } = described.pages
    const opened = new Set<() => void>()
    const open = async (browser: Browser): Promise<LawSocket> => {
      let isOpen = (await described.user(await visit(browser))) !== undefined
      await site.gate.turn("open the socket")
      const close = () => {
        isOpen = false
      }
      opened.add(close)
      return { isOpen: () => isOpen, close }
    }
    return {
      ...described,
      ...(described.sockets === undefined ? {} : { sockets: { ...described.sockets, open } }),
      pages: {
        ...described.pages,
        logout: async (browser) => {
          const response = await logout(browser)
          for (const close of opened) close()
          return response
        }
      }
    }
  },
  "a site that never ends idle sessions": () => saying({ start: () => {} }),
  "a site that counts the lifetime from each write": () => {
    const site = sound()
    const { login, write } = site.pages
    const again = async (browser: Browser, key: string, value: number) => {
      await login(browser, site.users[0])
      return (await write?.(browser, key, value)) ?? new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, write: again } }
  },
  "a site that keeps the time of the first login": () => {
    const site = sound()
    const { login, visit } = site.pages
    const once = async (...[browser, user]: Parameters<typeof login>) => {
      const page = await visit(browser)
      return (await site.user(page.clone())) === user.username ? page : login(browser, user)
    }
    return { ...site, pages: { ...site.pages, login: once } }
  },
  "a site whose proof starts no lifetime again": () => {
    const site = sound()
    const [alice] = site.users
    const elsewhere = (_: Browser, password: string) => site.pages.login(site.browser(), { ...alice, password })
    return { ...site, pages: { ...site.pages, reauthenticate: elsewhere } }
  },
  "a site that does not check the proof": () => {
    const site = sound()
    const { reauthenticate } = site.pages
    const unchecked = async (browser: Browser) =>
      (await reauthenticate?.(browser, site.users[0].password)) ?? new Response(null, { status: 500 })
    return { ...site, pages: { ...site.pages, reauthenticate: unchecked } }
  },
  "a site whose proof is for every session of the user": () => {
    const site = sound()
    const { reauthenticate, recent, visit } = site.pages
    let isProved = false
    return {
      ...site,
      reset: async () => {
        isProved = false
        await site.reset()
      },
      pages: {
        ...site.pages,
        reauthenticate: async (browser: Browser, password: string) => {
          const response = (await reauthenticate?.(browser, password)) ?? new Response(null, { status: 500 })
          isProved ||= response.status < 300
          return response
        },
        recent: async (browser: Browser) => {
          const own = (await recent?.(browser)) ?? new Response(null, { status: 500 })
          const isUser = (await site.user(await visit(browser))) !== undefined
          return isProved && isUser ? new Response() : own
        }
      }
    }
  },
  "a site whose session cookie scripts can read": () => {
    const site = sound()
    const { login } = site.pages
    const readable = async (...[browser, user]: Parameters<typeof login>) => {
      const { headers, status } = await login(browser, user)
      const lines = headers.getSetCookie().map((line) => line.replace("; HttpOnly", ""))
      return new Response(null, { status, headers: lines.map((line): [string, string] => ["set-cookie", line]) })
    }
    return { ...site, pages: { ...site.pages, login: readable } }
  }
}
