/** Faults of sites with accounts: passwords, links, sign-up, users who are removed. */
import * as Effect from "effect/Effect"
import { allowAllUsersModelBackend } from "../../../src/adapters/backend/model-backend.ts"
import type { UserRow } from "../../../src/adapters/ports/user-store.ts"
import type { MemoryUser } from "../../../src/adapters/store/memory.ts"
import { type Browser, type LawUser, testSite } from "../../../src/testing/index.ts"
import type { LawPermission } from "../../../src/testing/laws/law-parts.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

import { sound, withPages } from "./sites.ts"

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

/** A site with other permissions. */
const permitting = (change: (permission: LawPermission) => Partial<LawPermission>): LawSite => {
  const site = sound()
  const { permission } = site
  return permission === undefined ? site : { ...site, permission: { ...permission, ...change(permission) } }
}

/** A site behind a proxy that names alice in more requests. @param isKept gets the name that the proxy has to send */
const proxied = (isKept: (name: string | undefined) => boolean): LawSite => {
  const site = sound()
  const { proxy } = site
  return proxy === undefined
    ? site
    : { ...site, proxy: { ...proxy, visit: (browser, name) => proxy.visit(browser, isKept(name) ? "alice" : name) } }
}

/** By what is wrong. */
export const brokenAccounts: Readonly<Record<string, () => LawSite>> = {
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
  "a site that keeps the user that the proxy no longer names": () => proxied((name) => name === undefined),
  "a site that keeps the user before": () => proxied((name) => name === ""),
  "a site that takes a permission for one on every object": () => permitting(({ page }) => ({ objectPage: page })),
  "a site whose denial is undone by a later rule": () => permitting(() => ({ deny: () => {} })),
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
