/** A browser without scripts on one site: it keeps cookies, and sends forms with the token of the last page. */
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
  /** Sends a form. The token of the last page is one of its fields, unless `fields` has another one. */
  readonly send: (path: string, fields: Readonly<Record<string, string>>) => Promise<Page>
}

/** @param cookies that it has at the start, by name */
export const formVisitor = (url: string, cookies: Readonly<Record<string, string>> = {}): FormVisitor => {
  const jar = new Map(Object.entries(cookies))
  let csrfmiddlewaretoken = ""
  const ask = async (path: string, init: RequestInit): Promise<Page> => {
    const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")
    const headers = { cookie, origin: url, accept: "text/html,*/*;q=0.8" }
    const response = await fetch(url + path, {
      ...init,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(20_000)
    })
    const set = response.headers.getSetCookie().map(parseSetCookie)
    for (const { attributes, name, value } of set) {
      const { "Max-Age": maxAge, Expires: expires } = Object.fromEntries(attributes)
      if (maxAge === "0" || Date.parse(String(expires)) <= Date.now()) jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    csrfmiddlewaretoken = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(text)?.[1] ?? csrfmiddlewaretoken
    return { status: response.status, location: response.headers.get("location"), text, cookies: set }
  }
  return {
    jar,
    get: (path) => ask(path, {}),
    send: (path, fields) => ask(path, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken, ...fields }) })
  }
}
