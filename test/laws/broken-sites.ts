/** Sites with one fault each, for the laws to find. */
import * as Effect from "effect/Effect"
import { allowAllUsersModelBackend } from "../../src/adapters/backend/model-backend.ts"
import type { UserRow } from "../../src/adapters/ports/user-store.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import { type BrokenStore, type Browser, type LawTestSite, type LawUser, testSite } from "../../src/testing/index.ts"
import type { LawMetadata, LawSite, LawSocket } from "../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../src/testing/laws/memory/memory-site.ts"
import { brokenThrottles } from "./broken-throttles.ts"

/** A site on a store of `brokenStores`. */
export const siteOn = ({ place, stores }: BrokenStore) =>
  place === "client"
    ? testSite({ client: (sound) => stores(sound) })
    : testSite({ userSessions: true, stores: (sound, gate) => stores(sound, (label) => gate.turn(label)) })

/** A site without faults. */
export const sound = (): LawSite => lawSiteOf(testSite({ userSessions: true }))

/** The options of a site that binds sessions to devices. */
export const bindingSite = (mode: "enforce" | "observe" = "enforce") =>
  testSite({ origin: "https://shop.example", auth: { sessionCookie: { secure: true }, deviceBound: { mode } } })

/** A site that binds sessions to devices, and changes some of its answers. */
const answering = (
  change: (request: Request, response: Response, site: LawTestSite) => Response | Promise<Response>
): LawSite => {
  const site = bindingSite()
  return lawSiteOf(site, (handler) => async (request) => change(request, await handler(request), site))
}

/** Whether a request is a refresh with a proof. */
const isProof = ({ headers, url }: Request): boolean =>
  url.endsWith("/dbsc/refresh") && headers.has("secure-session-response")

const changed = ({ headers }: Response, status: number, lines: ReadonlyArray<string> = headers.getSetCookie()) => {
  const copy = new Headers([...headers].filter(([name]) => name !== "set-cookie"))
  for (const line of lines) copy.append("set-cookie", line)
  return new Response(null, { status, headers: copy })
}

/** A site with some pages replaced. */
const withPages = (change: (site: LawTestSite, pages: LawSite["pages"]) => Partial<LawSite["pages"]>): LawSite => {
  const site = testSite({ userSessions: true })
  const described = lawSiteOf(site)
  return { ...described, pages: { ...described.pages, ...change(site, described.pages) } }
}

/** A site whose login redirects to what `choose` makes of `next`. */
const redirectingTo = (choose: (next: string) => string): LawSite => {
  const site = sound()
  return {
    ...site,
    pages: {
      ...site.pages,
      loginWithNext: async (browser, user, next) => {
        const { status } = await site.pages.login(browser, user)
        // A header cannot have line breaks.
        const location = choose(next).replaceAll("\n", "")
        return status < 400
          ? new Response(null, { status: 302, headers: { location } })
          : new Response(null, { status })
      }
    }
  }
}

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

/** A site that accepts more CSRF tokens than those of the visitor. */
const checking = (isAccepted: (token: string | undefined) => boolean): LawSite => {
  const site = sound()
  const { csrfToken, logoutWithToken } = site.pages
  return {
    ...site,
    pages: {
      ...site.pages,
      logoutWithToken: async (browser: Browser, token: string | undefined) => {
        const sent = isAccepted(token) ? await csrfToken?.(browser) : token
        return (await logoutWithToken?.(browser, sent)) ?? new Response(null, { status: 500 })
      }
    }
  }
}

/** A site that takes what the browser says for something else. */
const judging = (heard: (metadata: LawMetadata) => LawMetadata): LawSite => {
  const site = sound()
  const { logoutWithMetadata } = site.pages
  return {
    ...site,
    pages: {
      ...site.pages,
      logoutWithMetadata: async (browser, metadata) =>
        (await logoutWithMetadata?.(browser, heard(metadata))) ?? new Response(null, { status: 500 })
    }
  }
}

/** A site that replaces a reset link before it checks it. */
const resetting = (
  site: LawSite,
  replace: (link: string, reset: (link: string) => Promise<Response>) => Promise<Response>
): LawSite => ({
  ...site,
  pages: {
    ...site.pages,
    resetPassword: (browser, link, password) =>
      replace(
        link,
        async (other) =>
          (await site.pages.resetPassword?.(browser, other, password)) ?? new Response(null, { status: 500 })
      )
  }
})

/** Faults that are not faults of a store. */
export const brokenSites: Readonly<Record<string, () => LawSite>> = {
  ...brokenThrottles,
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
  "a site that does not check CSRF tokens": () => checking(() => true),
  "a site that accepts a CSRF token of every visitor": () => checking((token) => token?.length === 64),
  "a site that keeps the CSRF token at a login": () => {
    const site = sound()
    const { login } = site.pages
    const keep = async (...[browser, user]: Parameters<typeof login>) => {
      const secret = browser.cookie("csrftoken")
      const response = await login(browser, user)
      if (secret !== undefined) browser.store([`csrftoken=${secret}; Path=/`])
      return response
    }
    return { ...site, pages: { ...site.pages, login: keep } }
  },
  "a site that does not accept its former secret key": () => {
    const site = sound()
    const { secretKeys } = site
    return secretKeys === undefined
      ? site
      : { ...site, secretKeys: { ...secretKeys, replace: secretKeys.removeFormer } }
  },
  "a site that still accepts a removed secret key": () => {
    const site = sound()
    const { secretKeys } = site
    return secretKeys === undefined ? site : { ...site, secretKeys: { ...secretKeys, removeFormer: () => {} } }
  },
  "an upgrade of a hash is reported and not written": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions, users }) => ({
          sessions,
          users: { ...users, upgradePassword: () => Effect.succeed(true) }
        })
      })
    ),
  "an upgrade of a hash overwrites a changed password": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions, users }) => ({
          sessions,
          users: { ...users, upgradePassword: (id, _was, encoded) => users.setPassword(id, encoded) }
        })
      })
    ),
  "a site whose reset links work again": () => {
    const site = sound()
    const used = new Set<string>()
    return resetting(site, async (link, reset) => {
      const isUsed = used.has(link)
      used.add(link)
      return isUsed ? reset((await site.pages.resetLink?.(site.browser(), site.users[0])) ?? "") : reset(link)
    })
  },
  "a site whose reset links do not expire": () => {
    const { clock, ...site } = lawSiteOf(testSite({ auth: { passwordResetTimeoutSeconds: 1e9 } }))
    return clock === undefined ? site : { ...site, clock: { ...clock, resetSeconds: 259_200 } }
  },
  "a site that sets a password for every reset link": () => {
    const site = sound()
    return resetting(site, async (_, reset) =>
      reset((await site.pages.resetLink?.(site.browser(), site.users[0])) ?? "")
    )
  },
  "a site that redirects to every URL in next": () => redirectingTo((next) => next),
  "a site that redirects to every next that begins with a slash": () =>
    redirectingTo((next) => (next.startsWith("/") ? next : "/")),
  "a site that does not check where a form comes from": () => {
    const site = sound()
    const { logoutFrom } = site.pages
    const from = async (browser: Browser) =>
      (await logoutFrom?.(browser, browser.origin)) ?? new Response(null, { status: 500 })
    return { ...site, pages: { ...site.pages, logoutFrom: from } }
  },
  "a site that accepts forms of its sibling subdomains": () =>
    judging((metadata) => (metadata.site === "same-site" ? { ...metadata, site: "same-origin" } : metadata)),
  "a site that accepts a form about which the browser says nothing": () =>
    judging((metadata) =>
      metadata.site === undefined && metadata.origin === undefined ? { ...metadata, site: "none" } : metadata
    ),
  "a site that looks only at Sec-Fetch-Site": () =>
    judging((metadata) => (metadata.site === "same-origin" ? { ...metadata, origin: undefined } : metadata)),
  "a site that needs tokens although the browser says who sends a form": () =>
    judging(() => ({ site: undefined, origin: undefined })),
  "a site that accepts the session key as the CSRF token": () => {
    const site = sound()
    const { csrfToken, logoutWithToken } = site.pages
    const accept = async (browser: Browser, token: string | undefined) => {
      const isKey = token !== undefined && token === browser.cookie(site.cookie)
      return (
        (await logoutWithToken?.(browser, isKey ? await csrfToken?.(browser) : token)) ??
        new Response(null, { status: 500 })
      )
    }
    return { ...site, pages: { ...site.pages, logoutWithToken: accept } }
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
  },
  "a site whose CSRF tokens stay the same": () => {
    const site = sound()
    const tokens = new Map<string | undefined, Promise<string>>()
    const kept = async (browser: Browser) => {
      const secret = browser.cookie("csrftoken")
      const token = tokens.get(secret) ?? site.pages.csrfToken?.(browser) ?? Promise.resolve("")
      tokens.set(secret, token)
      return token
    }
    return { ...site, pages: { ...site.pages, csrfToken: kept } }
  },
  "a site that renews a device-bound session after any proof": () => {
    let last: ReadonlyArray<string> = []
    return answering((request, response) => {
      if (!request.url.includes("/dbsc/")) return response
      if (response.status === 200) last = response.headers.getSetCookie()
      return isProof(request) && response.status === 401 ? changed(response, 200, last) : response
    })
  },
  "a site that ends a device-bound session after a wrong proof": () =>
    answering((request, response, site) => {
      if (isProof(request) && response.status === 401) site.reset()
      return response
    }),
  "a site that only observes device-bound sessions": () => lawSiteOf(bindingSite("observe")),
  "a site that answers 404 to a proof for a session that has moved": () =>
    answering((request, response) => (isProof(request) && response.status === 503 ? changed(response, 404) : response)),
  "a site that does not heal links from other sites": () =>
    answering((_, response) => {
      response.headers.delete("refresh")
      return response
    }),
  "a site that offers a registration only at the login": () => {
    const offered = new Set<string | undefined>()
    const site = answering((_, response) => {
      const offer = response.headers.get("secure-session-registration") ?? ""
      const id = /register\.([\w-]{22})/.exec(offer)?.[1]
      if (id !== undefined && offered.has(id)) response.headers.delete("secure-session-registration")
      offered.add(id)
      return response
    })
    return {
      ...site,
      reset: () => {
        offered.clear()
        return site.reset()
      }
    }
  },
  "a site that answers 404 to a proof during an outage": () =>
    answering((request, response) => (isProof(request) && response.status === 503 ? changed(response, 404) : response)),
  "a site whose refreshes set the session cookie": () =>
    answering((request, response) =>
      isProof(request) && response.status === 200
        ? changed(response, 200, [...response.headers.getSetCookie(), "sessionid=x; Path=/; Secure"])
        : response
    ),
  "a site whose short cookies stay in browsers for longer": () =>
    answering(async (_, response) => {
      const lines = response.headers
        .getSetCookie()
        .map((line) => (/-device=./.test(line) ? line.replace(/; expires=[^;]*/i, "").replace("=600", "=900") : line))
      const copy = new Headers([...response.headers].filter(([name]) => name !== "set-cookie"))
      for (const line of lines) copy.append("set-cookie", line)
      return new Response(response.body, { status: response.status, headers: copy })
    }),
  "a site that enforces device-bound sessions although it is told to observe": () => {
    const site = lawSiteOf(bindingSite())
    const { deviceBound } = site
    return deviceBound === undefined ? site : { ...site, deviceBound: { ...deviceBound, observe: () => {} } }
  },
  "a site that adds a header to its answers while it observes": () => {
    let isObserving = false
    const site = answering((_, response) => {
      if (isObserving) response.headers.set("cache-control", "no-store")
      return response
    })
    const { deviceBound } = site
    if (deviceBound === undefined) return site
    return {
      ...site,
      deviceBound: {
        ...deviceBound,
        observe: () => {
          isObserving = true
          deviceBound.observe()
        }
      },
      reset: () => {
        isObserving = false
        return site.reset()
      }
    }
  },
  "a site that answers 401 to a proof over an old challenge": () =>
    answering((request, response) => (isProof(request) && response.status === 403 ? changed(response, 401) : response)),
  "a site that answers 503 to refreshes without a session cookie": () =>
    answering((request, response) =>
      request.url.endsWith("/dbsc/refresh") && response.status === 404 ? changed(response, 503) : response
    ),
  "a site that reads the CSRF token of the header first": () =>
    withPages((_, { logoutWithTokens }) => ({
      logoutWithTokens: (browser, { field, header }) =>
        logoutWithTokens?.(browser, { field: header ?? field, header }) ?? Promise.reject(new Error("no such page"))
    })),
  "a site whose inactive superusers have every permission": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions: { prefetch: _, ...sessions }, users }) => ({
          sessions,
          users: {
            ...users,
            grants: (id) =>
              Effect.map(users.grants?.(id) ?? Effect.undefined, (grants) => grants && { ...grants, isActive: true })
          }
        })
      })
    ),
  "a site that logs in inactive users": () =>
    lawSiteOf(testSite({ auth: ({ users }) => ({ backends: { model: allowAllUsersModelBackend(users) } }) })),
  "a cache of users that is never emptied": () => {
    const known = new Map<string, UserRow<MemoryUser> | undefined>()
    return lawSiteOf(
      testSite({
        stores: ({ sessions: { prefetch: _, ...sessions }, users }) => ({
          sessions,
          users: {
            ...users,
            findById: (id) =>
              Effect.map(users.findById(id), (row) => {
                if (!known.has(id)) known.set(id, row)
                return known.get(id)
              })
          }
        })
      })
    )
  },
  "a site that keeps a removed backend": () => {
    const site = sound()
    const { backends } = site
    return backends === undefined ? site : { ...site, backends: { ...backends, use: () => backends.use([0, 1]) } }
  },
  "a site that takes people with the same id for one": () => {
    const site = sound()
    const [alice] = site.users
    return { ...site, pages: { ...site.pages, loginAsNamesake: (browser) => site.pages.login(browser, alice) } }
  },
  "a site that logs the cookies of its requests": () => {
    const site = sound()
    const { visit } = site.pages
    const log = (browser: Browser) => {
      console.log({ cookies: browser.header })
      return visit(browser)
    }
    return { ...site, pages: { ...site.pages, visit: log } }
  },
  "a site that logs the passwords of failed logins": () => {
    const site = sound()
    const { login } = site.pages
    const log = async (...[browser, user]: Parameters<typeof login>) => {
      const response = await login(browser, user)
      if (response.status === 401) console.warn(new Error(`no login with ${JSON.stringify(user)}`))
      return response
    }
    return { ...site, pages: { ...site.pages, login: log } }
  },
  "a page that shows its session key": () => {
    const site = sound()
    const show = async (browser: Browser) => {
      const response = await site.pages.visit(browser)
      return Response.json({ ...Object(await response.json()), session: browser.cookie(site.cookie) })
    }
    return { ...site, pages: { ...site.pages, visit: show } }
  },
  "a site that computes no hash for an unknown user": () => {
    const site = sound()
    const { login } = site.pages
    const isKnown = (username: string) => site.users.some((user) => user.username === username)
    const refuse = async (...[browser, user]: Parameters<typeof login>) =>
      isKnown(user.username) ? login(browser, user) : new Response(null, { status: 401 })
    return { ...site, pages: { ...site.pages, login: refuse } }
  },
  "a site that answers 404 to a reset request for an unknown user": () => {
    const site = sound()
    const answer = async (_: Browser, { username }: LawUser) =>
      new Response(null, { status: site.users.some((user) => user.username === username) ? 200 : 404 })
    return { ...site, pages: { ...site.pages, requestReset: answer } }
  },
  "a site that says at a login that the name is unknown": () => {
    const site = sound()
    const { login } = site.pages
    const isKnown = (username: string) => site.users.some((user) => user.username === username)
    const refuse = async (...[browser, user]: Parameters<typeof login>) => {
      const response = await login(browser, user)
      return isKnown(user.username) ? response : new Response(null, { status: response.status === 401 ? 404 : 200 })
    }
    return { ...site, pages: { ...site.pages, login: refuse } }
  },
  "a site that tells inactive users that they are inactive": () =>
    withPages((test, { login }) => ({
      login: async (browser, user) => {
        const response = await login(browser, user)
        const row = Effect.runSync(test.stores.users.findByUsername(user.username))
        return row?.isActive === false ? new Response(null, { status: 403 }) : response
      }
    })),
  "a site that asks its store once more for a user that exists": () =>
    lawSiteOf(
      testSite({
        client: ({ sessions, users }) => ({
          sessions,
          users: {
            ...users,
            findByUsername: (name) =>
              Effect.flatMap(users.findByUsername(name), (row) =>
                row === undefined ? Effect.undefined : users.findById(row.id)
              )
          }
        })
      })
    ),
  "a site that makes a reset link before it answers": () =>
    withPages(({ auth }) => ({
      requestReset: async (_, { username }) => {
        const recipients = await auth.passwordResetRecipients(`${username}@example.com`)
        for (const user of recipients) await auth.passwordResetToken(user)
        return new Response()
      }
    })),
  "a site that refuses a sign-up with the address of a user": () =>
    withPages(({ auth }, { requestSignUp }) => ({
      requestSignUp: async (browser, user, owner) => {
        const response = await requestSignUp?.(browser, user, owner)
        const holders = await auth.findUsersByEmail(`${owner.username}@example.com`)
        return response === undefined || holders.length > 0 ? new Response(null, { status: 409 }) : response
      }
    })),
  "a site that computes no hash at a sign-up with the address of a user": () =>
    withPages(({ auth }, { requestSignUp }) => ({
      requestSignUp: async (browser, user, owner) => {
        const holders = await auth.findUsersByEmail(`${owner.username}@example.com`)
        if (holders.length > 0) return Response.json({}, { status: 200 })
        return (await requestSignUp?.(browser, user, owner)) ?? new Response(null, { status: 500 })
      }
    })),
  "a site that refuses to change an address to that of another user": () =>
    withPages(({ auth }, { requestEmail }) => ({
      requestEmail: async (browser, user, owner) => {
        const holders = await auth.findUsersByEmail(`${owner.username}@example.com`)
        const response = await requestEmail?.(browser, user, owner)
        return response === undefined || holders.length > 0 ? new Response(null, { status: 409 }) : response
      }
    })),
  "a site whose reset links stay valid after a login": () =>
    lawSiteOf(
      testSite({
        stores: ({ sessions, users }) => ({ sessions, users: { ...users, recordLogin: () => Effect.void } })
      })
    ),
  "a site whose links for a new address work again": () => {
    const site = sound()
    const used = new Set<string>()
    const confirm = async (browser: Browser, link: string) => {
      if (used.has(link)) return new Response(null, { status: 200 })
      used.add(link)
      return (await site.pages.confirmEmail?.(browser, link)) ?? new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, confirmEmail: confirm } }
  },
  "a site that changes the address by every link": () => {
    const site = sound()
    return { ...site, pages: { ...site.pages, confirmEmail: async () => new Response(null, { status: 200 }) } }
  },
  "a site that accepts the link of a new account without its password": () => {
    const site = sound()
    const passwords = new Map<string, string>()
    return {
      ...site,
      pages: {
        ...site.pages,
        signUpLink: async (browser, user) => {
          const link = (await site.pages.signUpLink?.(browser, user)) ?? ""
          passwords.set(link, user.password)
          return link
        },
        verifyEmail: async (browser, link, password) =>
          (await site.pages.verifyEmail?.(browser, link, passwords.get(link) ?? password)) ??
          new Response(null, { status: 500 })
      }
    }
  },
  "a site whose accounts need no confirmation": () =>
    signingUp(async ({ auth }, user) => void (await auth.createUser(user))),
  "a site whose links of new accounts work again": () => {
    const site = sound()
    const used = new Set<string>()
    const verify = async (browser: Browser, link: string, password: string) => {
      const response = await site.pages.verifyEmail?.(browser, link, password)
      if (used.has(link)) return new Response(null, { status: 200 })
      if (response?.ok === true) used.add(link)
      return response ?? new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, verifyEmail: verify } }
  },
  "a site whose links of new accounts do not expire": () => {
    const test = testSite()
    const site = lawSiteOf(test)
    const verify = async (browser: Browser, link: string, password: string) => {
      const response = await site.pages.verifyEmail?.(browser, link, password)
      if (response?.ok !== true) await test.auth.createUser({ username: "carol", password })
      return response ?? new Response(null, { status: 500 })
    }
    return { ...site, pages: { ...site.pages, verifyEmail: verify } }
  },
  "a site whose sign-up sets the password of an account that exists": () =>
    signingUp(async ({ auth }, { password, username }) => {
      const user = await auth.findUser({ username })
      if (user !== undefined) await auth.setPassword(user, password)
    }),
  "a site whose sign-up sets the password of an account that was never used": () =>
    signingUp(async ({ auth }, { password, username }) => {
      const user = await auth.findUser({ username })
      if (user?.isActive === false && user.lastLoginAt === undefined) await auth.setPassword(user, password)
    }),
  "a site whose links of new accounts overwrite accounts": () => {
    const test = testSite({
      stores: ({ sessions, users }) => ({
        sessions,
        users: {
          ...users,
          create: (user, now) =>
            Effect.flatMap(users.create(user, now), (row) =>
              row === undefined
                ? Effect.flatMap(users.findByUsername(user.username), (found) =>
                    found === undefined
                      ? Effect.undefined
                      : Effect.as(users.setPassword(found.id, user.password), found)
                  )
                : Effect.succeed(row)
            )
        }
      })
    })
    return lawSiteOf(test)
  }
}

/** A site that does more at a sign-up. */
const signingUp = (more: (site: ReturnType<typeof testSite>, user: LawUser) => Promise<void>): LawSite => {
  const test = testSite()
  const site = lawSiteOf(test)
  const signUpLink = async (browser: Browser, user: LawUser): Promise<string> => {
    const link = (await site.pages.signUpLink?.(browser, user)) ?? ""
    await more(test, user)
    return link
  }
  return { ...site, pages: { ...site.pages, signUpLink } }
}
