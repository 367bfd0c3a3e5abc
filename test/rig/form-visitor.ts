/** A browser without scripts on one site: it keeps cookies, and sends forms with their CSRF token. */
import { Browser, type PageInit } from "../../src/testing/index.ts"
import { parseSetCookie, type SetCookie } from "./browser.ts"

export interface Page {
  readonly status: number
  readonly location: string | null
  readonly text: string
  readonly cookies: ReadonlyArray<SetCookie>
}

export interface FormVisitor {
  /** Name to value. */
  readonly jar: ReadonlyMap<string, string>
  readonly get: (path: string) => Promise<Page>
  /** Sends a form. The CSRF token is one of its fields, unless `fields` has a token already. */
  readonly send: (path: string, fields: Readonly<Record<string, string>>) => Promise<Page>
}

/** @param cookies which the browser has at the start: name to value */
export const formVisitor = (url: string, cookies: Readonly<Record<string, string>> = {}): FormVisitor => {
  const browser = new Browser({ origin: url })
  browser.store(Object.entries(cookies).map(([name, value]) => `${name}=${value}`))
  const ask = async (path: string, init: PageInit): Promise<Page> => {
    const response = await browser.fetch(url, path, { ...init, signal: AbortSignal.timeout(60_000) })
    const { headers, status } = response
    const set = headers.getSetCookie().map(parseSetCookie)
    return { status, location: headers.get("location"), text: await response.text(), cookies: set }
  }
  return {
    get jar() {
      return new Map(browser.cookies.map(({ name, value }) => [name, value]))
    },
    get: (path) => ask(path, {}),
    send: (path, form) => ask(path, { form })
  }
}
