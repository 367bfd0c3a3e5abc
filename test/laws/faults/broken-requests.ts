import type { Browser } from "../../../src/testing/index.ts"
import type { LawMetadata } from "../../../src/testing/laws/law-pages.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"

import { sound, withPages } from "./sites.ts"

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

/** By what is wrong. */
export const brokenRequests: Readonly<Record<string, () => LawSite>> = {
  "a site that does not check CSRF tokens": () => checking(() => true),
  "a site that accepts a CSRF token of every visitor": () => checking((token) => token?.length === 64),
  "a site whose CSRF tokens fit a cookie": () => ({ ...sound(), csrfOfSession: () => {} }),
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
  "a site whose form restores the CSRF secret with which it was sent": () =>
    withPages(({ gate }, { logoutWithToken }) => ({
      logoutWithToken: async (browser, token) => {
        const secret = browser.cookie("csrftoken")
        await gate.turn("read the secret")
        const response = await logoutWithToken?.(browser, token)
        await gate.turn("store the secret")
        if (secret !== undefined) browser.store([`csrftoken=${secret}; Path=/`])
        return response ?? new Response(null, { status: 500 })
      }
    })),
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
  "a site that reads the CSRF token of the header first": () =>
    withPages((_, { logoutWithTokens }) => ({
      logoutWithTokens: (browser, { field, header }) =>
        logoutWithTokens?.(browser, { field: header ?? field, header }) ?? Promise.reject(new Error("no such page"))
    })),
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
  }
}
