/** Ways to break an adapter, each with the clause of the contract that must detect it. */
import { serverError } from "../../../../src/adapters/http/failure-response.ts"
import { NodeRequestHead } from "../../../../src/adapters/http/node/node-head.ts"
import type { Reply } from "./adapter.ts"
import { headersOf, send } from "./node-server.ts"
import { type Request, type Steps, sound } from "./plain-adapter.ts"

export interface Fault {
  readonly steps: Partial<Steps>
  /** The clause that fails then. */
  readonly found: string
}

/** The reply with other lines of that name. */
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
  "writes cookies in its own way": {
    steps: merging((merged) =>
      withLines(merged, "Set-Cookie", (lines) =>
        lines.map((line) => line.replace(/; expires=[^;]*/, "").concat("; Secure"))
      )
    ),
    found: "is byte for byte what Django sends"
  },
  "says nothing of Vary": {
    steps: { merge: (reply, headers) => sound.merge(reply, { ...headers, varyOnCookie: false }) },
    found: "is not sent when the session was only read, but Vary is"
  },
  "replaces the handler's Vary": {
    steps: merging((merged, reply) => withLines(merged, "Vary", (lines) => (reply === merged ? lines : ["Cookie"]))),
    found: 'adds Cookie to Vary ["Accept"]'
  },
  "says Vary in every response": {
    steps: { merge: (reply, headers) => sound.merge(reply, { ...headers, varyOnCookie: true }) },
    found: "is not sent, nor is Vary, when the session was not read or written"
  },
  "says nothing of Cache-Control": {
    steps: { merge: (reply, { cookies, varyOnCookie }) => sound.merge(reply, { cookies, varyOnCookie }) },
    found: "keeps no response that sets the session's cookie"
  },
  "replaces the handler's Cache-Control": {
    steps: {
      merge: (reply, headers) =>
        sound.merge(
          withLines(reply, "Cache-Control", () => []),
          headers
        )
    },
    found: "gets only the handler's Cache-Control if the handler sets one"
  },
  "joins Set-Cookie lines": {
    steps: merging((merged) =>
      withLines(merged, "Set-Cookie", (lines) => (lines.length < 2 ? lines : [lines.join(", ")]))
    ),
    found: "does not change the handler's cookies, each a separate line"
  },
  "replaces the handler's cookies": {
    steps: {
      merge: (reply, headers) =>
        sound.merge(headers.cookies.length === 0 ? reply : withLines(reply, "Set-Cookie", () => []), headers)
    },
    found: "does not change the handler's cookies, each a separate line"
  },
  "sends its cookies twice": {
    steps: {
      merge: (reply, headers) => sound.merge(reply, { ...headers, cookies: [...headers.cookies, ...headers.cookies] })
    },
    found: "of the session has all its attributes, and the key of the stored session"
  },
  "unquotes a cookie that it deletes": {
    steps: merging((merged) => withLines(merged, "Set-Cookie", (lines) => lines.map((line) => line.replace('""', "")))),
    found: "is deleted by a logout"
  },
  "lets the head go before the session is stored": {
    steps: {
      begin: (res) => res.flushHeaders(),
      deliver: (res, { body }) => void res.end(typeof body === "string" ? body : "")
    },
    found: "is sent after the session is stored, and no byte before"
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
    found: "is sent before a stream, whose pieces are sent one by one"
  },
  "stores what a failing handler wrote": {
    steps: { decide: (request) => request.respond(200) },
    found: "that throws after it wrote the session is answered with 500, and nothing is stored"
  },
  "stores what goes with a 500": {
    steps: { decide: (request) => request.respond(200) },
    found: "that logs a user in and answers 500 has logged no user in"
  },
  "forgets a logout when its handler fails": {
    steps: {
      isUntouching: () => true
    },
    found: "that logs out and throws has logged out: no cookie, no session"
  },
  "logs out though the handler met an outage": {
    steps: { isUntouching: () => false },
    found: "that throws StoreUnavailable is answered with 503, and nothing is stored"
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
    found: "is 503 when a handler reads the user, and no user is logged out"
  },
  "sends the handler's answer though the session is not stored": {
    steps: {
      decide: async (request, status) => {
        try {
          return await request.respond(status)
        } catch {
          return { cookies: [], varyOnCookie: false }
        }
      }
    },
    found: "is 503 when the session cannot be stored, in place of a text"
  },
  "tells clients what went wrong": {
    steps: {
      fail: (error, req, options) => {
        const answer = sound.fail(error, req, options)
        return answer.status === 500 ? { ...answer, body: String(error) } : answer
      }
    },
    found: "that throws is reported once, and its client gets no details"
  },
  "reports twice": {
    steps: {
      fail: (error, req, options) => {
        options.report?.(error)
        return sound.fail(error, req, options)
      }
    },
    found: "that throws is reported once, and its client gets no details"
  },
  "reports nothing": {
    steps: { fail: (error, req, options) => sound.fail(error, req, { ...options, report: () => {} }) },
    found: "is 503 when a handler reads the user, and no user is logged out"
  },
  "answers every failure with 500": {
    steps: { fail: () => serverError },
    found: "that throws Busy is answered with 503, and nothing is stored"
  },
  "does not say when to come back": {
    steps: {
      fail: (error, req, options) => {
        const { headers, ...answer } = sound.fail(error, req, options)
        const { "retry-after": _, ...others } = headers
        return { ...answer, headers: others }
      }
    },
    found: "that throws Busy is answered with 503, and nothing is stored"
  },
  "does not ask the application for its answer": {
    steps: {
      fail: (error, req, { report = () => {} }) => sound.fail(error, req, { report })
    },
    found: "replaces the answer when the session could not be stored"
  },
  "stores nothing for a client that has gone": {
    steps: {
      decide: (request, status, res) => {
        if (res.destroyed) throw new Error("the client has gone")
        return request.respond(status)
      }
    },
    found: "whose client disconnects before it answers (with a text) has stored the session"
  },
  "lets every request in": {
    steps: { enter: () => undefined },
    found: "in the header lets a POST in, and the handler gets the complete body"
  },
  "exempts every request from CSRF": {
    steps: { enter: (request, entry) => request.admit({ ...entry, exempt: () => true }) },
    found: "in the header lets a DELETE in, and the handler gets the complete body"
  },
  "exempts none": {
    steps: { enter: (request, entry) => request.admit({ ...entry, exempt: () => false }) },
    found: "applies to the requests that the application names, forms too"
  },
  "reads the body itself": {
    steps: {
      handle: async (handler, context, asked) => {
        await asked.text()
        return handler(context, asked)
      }
    },
    found: "in the header lets a PUT in, and the handler gets the complete body"
  },
  "takes every form for checked": {
    steps: { enter: (request, entry) => request.admit({ ...entry, body: entry.body ?? {} }) },
    found: "in a form is checked when the handler has read the form"
  },
  "keeps the request in a variable for all": {
    steps: {
      enter: async (request, entry) => {
        await request.admit(entry)
        last.request = request
      },
      handle: async (handler, context, asked) => {
        const { request } = last
        await new Promise((resolve) => setTimeout(resolve, 5))
        return handler((last.request ?? request)?.context ?? context, asked)
      }
    },
    found: "is one of 200 concurrent ones, of eight users and anonymous visitors, and gets its own user"
  },
  "takes the first of cookies of one name": {
    steps: cookieLines((value) => value.split(/; */).reverse().join("; ")),
    found: "with cookies of which the last counts comes from alice"
  },
  "knows the last Cookie line only": {
    steps: heading(({ headers }) => ({
      headers: [...new Map(headers.map(([name, value]) => [name.toLowerCase(), value]))]
    })),
    found: "with cookies in several lines comes from alice"
  },
  "decodes percents in cookies": {
    steps: cookieLines((value) =>
      value.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    ),
    found: "with cookies in percents comes from anonymous"
  },
  "gives up on a cookie that it cannot decode": {
    steps: cookieLines((value) => {
      try {
        decodeURIComponent(value)
        return value
      } catch {
        return ""
      }
    }),
    found: "with cookies with a percent that escapes nothing comes from alice"
  },
  "believes any proxy about https": {
    steps: heading(({ headers, transport }) => ({
      transport: {
        ...transport,
        secure: headers.some(([name, value]) => name.toLowerCase() === "x-forwarded-proto" && value === "https")
      }
    })),
    found: "is not taken from a proxy's headers, nor is the scheme, when the settings trust no proxy"
  },
  "drops headers of which it does not know": {
    steps: heading(({ headers }) => ({ headers: headers.filter(([name]) => !/^x-/i.test(name)) })),
    found: 'sets the scheme https with X-Forwarded-Proto ["https"]'
  },
  "normalises the target": {
    steps: heading(({ target }) => {
      const { pathname, search } = new URL(target, "http://example.com")
      return { target: pathname + search }
    }),
    found: "and the target are read unchanged from the request line"
  },
  "answers OPTIONS itself": {
    steps: {
      handle: async (handler, context, asked) =>
        asked.method === "OPTIONS" ? { status: 204 } : handler(context, asked)
    },
    found: "is sent with the handler's answer to OPTIONS"
  },
  "asks who it is of every visitor": {
    steps: {
      handle: async (handler, context, asked) => {
        await context.getUser()
        return handler(context, asked)
      }
    },
    found: "does not affect a handler that reads nothing"
  },
  "lets every visitor into pages for users": {
    steps: { enter: (request, entry) => request.admit({ ...entry, loginRequired: undefined }) },
    found: "redirects others to the login page, with its path in next"
  }
}
