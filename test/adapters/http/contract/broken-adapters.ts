/** Ways to break an adapter, each with the clause of the contract that must detect it. */

import { serverError } from "../../../../src/adapters/http/failure-response.ts"
import { NodeRequestHead } from "../../../../src/adapters/http/node/node-head.ts"
import type { AccessRules } from "../../../../src/adapters/request/guards/check-access.ts"
import type { Reply } from "./adapter.ts"
import { headersOf, send } from "./node-server.ts"
import { type Request, type Steps, sound } from "./plain-adapter.ts"

export interface Fault {
  readonly steps: Partial<Steps>
  /** The clause that fails then. */
  readonly found: string
}

/** The reply, with the lines of this header changed. */
const withLines = (
  reply: Reply,
  name: string,
  change: (lines: ReadonlyArray<string>) => ReadonlyArray<string>
): Reply => ({
  ...reply,
  headers: [
    ...(reply.headers ?? []).filter(([other]) => other !== name),
    ...change(headersOf(reply).get(name) ?? []).map((line) => [name, line] as const)
  ]
})

const copyOf = (entry: AccessRules, changed: Partial<AccessRules>): AccessRules => ({
  body: entry.body,
  exempt: () => entry.exempt(),
  loginRequired: entry.loginRequired,
  ...changed
})

const merging = (change: (merged: Reply, reply: Reply) => Reply): Partial<Steps> => ({
  merge: (reply, headers) => change(sound.merge(reply, headers), reply)
})

/** A changed request head. */
const heading = (change: (head: NodeRequestHead) => Partial<NodeRequestHead>): Partial<Steps> => ({
  head: (req) => {
    const head = new NodeRequestHead(req)
    const { method, target, headers, transport } = head
    return { method, target, headers, transport, ...change(head) }
  }
})

const cookieLines = (change: (value: string) => string): Partial<Steps> =>
  heading(({ headers }) => ({
    headers: headers.map(([name, value]) => [name, name.toLowerCase() === "cookie" ? change(value) : value] as const)
  }))

const last: { request?: Request } = {}

export const brokenAdapters: Readonly<Record<string, Fault>> = {
  "writes cookies with other attributes": {
    steps: merging((merged) =>
      withLines(merged, "Set-Cookie", (lines) =>
        lines.map((line) => line.replace(/; expires=[^;]*/, "").concat("; Secure"))
      )
    ),
    found: "both cookies are byte for byte what Django sends"
  },
  "sends no Vary": {
    steps: { merge: (reply, headers) => sound.merge(reply, { ...headers, varyOnCookie: false }) },
    found: "Vary is sent, and no cookie, when the handler only reads the session"
  },
  "does not pass on what the browser says about the page that sends a request": {
    steps: heading(({ headers }) => ({
      headers: headers.filter(([name]) => !/^(sec-fetch-site|origin)$/i.test(name))
    })),
    found: "a request of another page is refused before the handler runs, also with a token"
  },
  "takes each request for one of a page of the site": {
    steps: heading(({ headers }) => ({
      headers: [
        ...headers.filter(([name]) => !/^(sec-fetch-site|origin)$/i.test(name)),
        ["Sec-Fetch-Site", "same-origin"]
      ]
    })),
    found: "a request of another page is refused before the handler runs, also with a token"
  },
  "sends no Clear-Site-Data": {
    steps: {
      merge: (reply, { clearSiteData: _, ...headers }) => sound.merge(reply, headers)
    },
    found: "a logout over https asks the browser to clear, and deletes the session cookie as well"
  },
  "answers as if the user were not logged in when the login is too long ago": {
    steps: {
      fail: (error, req, options) => {
        const answer = sound.fail(error, req, options)
        return answer.body.includes("recent login") ? { ...answer, status: 401 } : answer
      }
    },
    found: "a client that asks for JSON gets 403, with the reason and the page that asks for the password"
  },
  "replaces the handler's Vary": {
    steps: merging((merged, reply) => withLines(merged, "Vary", (lines) => (reply === merged ? lines : ["Cookie"]))),
    found: 'Cookie is added to the handler\'s Vary ["Accept"]'
  },
  "sends Vary with every response": {
    steps: { merge: (reply, headers) => sound.merge(reply, { ...headers, varyOnCookie: true }) },
    found: "no cookie and no Vary is sent when the handler neither reads nor writes the session"
  },
  "sends no Cache-Control": {
    steps: { merge: (reply, { cookies, varyOnCookie }) => sound.merge(reply, { cookies, varyOnCookie }) },
    found: "a response that sets the session cookie is private"
  },
  "replaces the handler's Cache-Control": {
    steps: {
      merge: (reply, headers) =>
        sound.merge(
          withLines(reply, "Cache-Control", () => []),
          headers
        )
    },
    found: "the handler's own Cache-Control is sent, and no other"
  },
  "joins Set-Cookie lines": {
    steps: merging((merged) =>
      withLines(merged, "Set-Cookie", (lines) => (lines.length < 2 ? lines : [lines.join(", ")]))
    ),
    found: "the handler's cookies are sent unchanged, each on its own line"
  },
  "replaces the handler's cookies": {
    steps: {
      merge: (reply, headers) =>
        sound.merge(headers.cookies.length === 0 ? reply : withLines(reply, "Set-Cookie", () => []), headers)
    },
    found: "the handler's cookies are sent unchanged, each on its own line"
  },
  "sends its cookies twice": {
    steps: {
      merge: (reply, headers) => sound.merge(reply, { ...headers, cookies: [...headers.cookies, ...headers.cookies] })
    },
    found: "the session cookie has all its attributes, and the key of the stored session"
  },
  "unquotes a cookie that it deletes": {
    steps: merging((merged) => withLines(merged, "Set-Cookie", (lines) => lines.map((line) => line.replace('""', "")))),
    found: "a logout deletes the session cookie"
  },
  "sends the head before the session is stored": {
    steps: {
      begin: (res) => res.flushHeaders(),
      deliver: (res, { body }) => void res.end(typeof body === "string" ? body : "")
    },
    found: "no byte of a text is sent before the session is stored"
  },
  "collects a stream before it sends it": {
    steps: {
      deliver: async (res, reply) => {
        const { body } = reply
        if (body === undefined || typeof body === "string") return send(res, reply)
        let text = ""
        for await (const piece of body) text += piece
        return send(res, { ...reply, body: text })
      }
    },
    found: "the session cookie is sent before a stream, and the stream's pieces are sent one by one"
  },
  "stores what a failing handler wrote": {
    steps: { decide: (request) => request.respond(200) },
    found: "a handler that throws after it wrote the session is answered with 500, and nothing is stored"
  },
  "stores the session of a handler that answers 500": {
    steps: { decide: (request) => request.respond(200) },
    found: "a handler that logs a user in and answers 500 has logged no user in"
  },
  "undoes a logout when its handler fails": {
    steps: {
      discardsChanges: () => true
    },
    found: "a handler that logs out and throws has logged out: its session and its cookie are deleted"
  },
  "deletes the cookie of a logout although the handler met an outage": {
    steps: { discardsChanges: () => false },
    found: "a handler that logs out and throws StoreUnavailable has logged out: the next request ends the session"
  },
  "reports an outage as an anonymous visitor": {
    steps: {
      handle: (handler, context, asked) =>
        handler(
          new Proxy(context, {
            get: (target, name) =>
              name === "getUser" ? () => context.getUser().catch(() => undefined) : Reflect.get(target, name, target)
          }),
          asked
        )
    },
    found: "reading the user during an outage is answered with 503, and the user stays logged in"
  },
  "sends the handler's answer although the session is not stored": {
    steps: {
      decide: async (request, status) => {
        try {
          return await request.respond(status)
        } catch {
          return { cookies: [], varyOnCookie: false }
        }
      }
    },
    found: "when the session cannot be stored, the answer is 503 instead of a text"
  },
  "shows clients the text of an error": {
    steps: {
      fail: (error, req, options) => {
        const answer = sound.fail(error, req, options)
        return answer.status === 500 ? { ...answer, body: String(error) } : answer
      }
    },
    found: "a handler's error is reported once, and the client gets no details"
  },
  "reports an error twice": {
    steps: {
      fail: (error, req, options) => {
        options.report?.(error)
        return sound.fail(error, req, options)
      }
    },
    found: "a handler's error is reported once, and the client gets no details"
  },
  "reports no error": {
    steps: { fail: (error, req, options) => sound.fail(error, req, { ...options, report: () => {} }) },
    found: "reading the user during an outage is answered with 503, and the user stays logged in"
  },
  "answers every failure with 500": {
    steps: { fail: () => serverError },
    found: "a handler that throws Busy is answered with 503, and nothing is stored"
  },
  "sends no Retry-After": {
    steps: {
      fail: (error, req, options) => {
        const { headers, ...answer } = sound.fail(error, req, options)
        const { "retry-after": _, ...others } = headers
        return { ...answer, headers: others }
      }
    },
    found: "a handler that throws Busy is answered with 503, and nothing is stored"
  },
  "does not call onError": {
    steps: {
      fail: (error, req, { report = () => {} }) => sound.fail(error, req, { report })
    },
    found: "onError replaces the answer when the session could not be stored"
  },
  "stores nothing for a client that has gone": {
    steps: {
      decide: (request, status, res) => {
        if (res.destroyed) throw new Error("the client has gone")
        return request.respond(status)
      }
    },
    found: "when the client disconnects before the answer (a text), the session is stored"
  },
  "checks no request": {
    steps: { enter: () => undefined },
    found: "a POST with a token in the header reaches the handler with its complete body, and others are refused"
  },
  "exempts every request from CSRF": {
    steps: { enter: (request, entry) => request.enter(copyOf(entry, { exempt: () => true })) },
    found: "a DELETE with a token in the header reaches the handler with its complete body, and others are refused"
  },
  "exempts no request from CSRF": {
    steps: { enter: (request, entry) => request.enter(copyOf(entry, { exempt: () => false })) },
    found: "the requests that csrfExempt names need no token, forms included"
  },
  "reads the body itself": {
    steps: {
      handle: async (handler, context, asked) => {
        await asked.text()
        return handler(context, asked)
      }
    },
    found: "a PUT with a token in the header reaches the handler with its complete body, and others are refused"
  },
  "treats every form as checked": {
    steps: { enter: (request, entry) => request.enter(copyOf(entry, { body: entry.body ?? {} })) },
    found: "verifyCsrf checks the token of a form that the handler has read"
  },
  "keeps the request in a variable that all requests share": {
    steps: {
      enter: async (request, entry) => {
        await request.enter(entry)
        last.request = request
      },
      handle: async (handler, context, asked) => {
        const { request } = last
        await new Promise((resolve) => setTimeout(resolve, 5))
        return handler((last.request ?? request)?.context ?? context, asked)
      }
    },
    found: "each of 200 concurrent requests of eight users and anonymous visitors gets its own user"
  },
  "uses the first of several cookies of one name": {
    steps: cookieLines((value) => value.split(/; */).reverse().join("; ")),
    found: "a request with cookies of the same name, of which the last counts is from alice"
  },
  "reads only the last Cookie line": {
    steps: heading(({ headers }) => ({
      headers: [...new Map(headers.map(([name, value]) => [name.toLowerCase(), value]))]
    })),
    found: "a request with cookies in several lines is from alice"
  },
  "decodes percent-encoding in cookies": {
    steps: cookieLines((value) =>
      value.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    ),
    found: "a request with cookies whose value is percent-encoded is anonymous"
  },
  "drops all cookies if it cannot decode one": {
    steps: cookieLines((value) => {
      try {
        decodeURIComponent(value)
        return value
      } catch {
        return ""
      }
    }),
    found: "a request with cookies with a percent that escapes nothing is from alice"
  },
  "trusts X-Forwarded-Proto of any client": {
    steps: heading(({ headers, transport }) => ({
      transport: {
        ...transport,
        secure: headers.some(([name, value]) => name.toLowerCase() === "x-forwarded-proto" && value === "https")
      }
    })),
    found: "the headers of a proxy set neither host nor scheme when the settings trust no proxy"
  },
  "drops headers that it does not know": {
    steps: heading(({ headers }) => ({ headers: headers.filter(([name]) => !/^x-/i.test(name)) })),
    found: 'X-Forwarded-Proto ["https"] sets the scheme https'
  },
  "normalises the target": {
    steps: heading(({ target }) => {
      const { pathname, search } = new URL(target, "http://example.com")
      return { target: pathname + search }
    }),
    found: "the target of the request line is used unchanged"
  },
  "answers OPTIONS itself": {
    steps: {
      handle: async (handler, context, asked) =>
        asked.method === "OPTIONS" ? { status: 204 } : handler(context, asked)
    },
    found: "the session cookie is sent with the handler's answer to OPTIONS"
  },
  "loads the user of every request": {
    steps: {
      handle: async (handler, context, asked) => {
        await context.getUser()
        return handler(context, asked)
      }
    },
    found: "an outage does not affect a handler that reads nothing"
  },
  "lets every visitor into pages for users": {
    steps: { enter: (request, entry) => request.enter(copyOf(entry, { loginRequired: undefined })) },
    found: "an anonymous visitor is redirected to the login page, with the path in next"
  }
}
