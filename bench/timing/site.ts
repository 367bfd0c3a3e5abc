/**
 * The site that `npm run timing` measures: a form for each scene of kinds.ts, accounts of each kind, and planted leaks. The
 * header `x-kind` of a request chooses the leak. test/docs/timing-work.test.ts counts the work of each kind.
 */
import type { IncomingMessage, RequestListener } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { connectAccounts } from "../../src/adapters/http/node/node-accounts.ts"
import { nodeAuth } from "../../src/adapters/http/node.ts"
import { type MailQueue, mailQueue } from "../../src/adapters/mail/mail-queue.ts"
import { type Derive, derivePbkdf2, pbkdf2Hasher, sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { sha1 } from "../../src/adapters/password/hashers/pbkdf2-sha1-hasher.ts"
import type { Hasher } from "../../src/adapters/ports/passwords.ts"
import type { ThrottleStore } from "../../src/adapters/ports/throttle-store.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { type MemoryUser, memory, memoryThrottle } from "../../src/adapters/store/memory.ts"
import { accounts, addressOf, password, type Stored } from "./accounts.ts"
import { kindOf, NAMES, nameOf, type SceneName, sceneNames, sceneOf } from "./kinds.ts"

/** What the site tells about its work. */
export interface Watch {
  /** Derives a key, for a hash. */
  readonly derive: Derive
  /** Called with the name of each call of a store, and for each mail. */
  readonly called: (what: string) => void
}

export const unwatched: Watch = { derive: derivePbkdf2, called: () => undefined }

const secretKey = "timing-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const salt = "0123456789abcdefghijkl"
/** How long a mail takes that is sent before the answer, in the planted leak. */
const inlineMs = 5
/** How long a slow mail server takes. */
const tardyMs = 300

/** Names the calls of each function of a store. */
const watched = <Store extends object>(store: Store, name: string, { called }: Watch): Store =>
  new Proxy(store, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property)
      return typeof value !== "function" || property === "idOf" || property === "owns"
        ? value
        : (...given: ReadonlyArray<unknown>): unknown => {
            called(`${name}.${String(property)}`)
            return Reflect.apply(value, target, given)
          }
    }
  })

/** One site with all scenes. @param iterations of a new hash */
export const timingSite = async (iterations: number, watch: Watch = unwatched): Promise<TimingSite> => {
  const { called, derive } = watch
  const pbkdf2 = (part: number): Hasher => pbkdf2Hasher(sha256, { iterations: Math.round(iterations * part) }, derive)
  const preferred = pbkdf2(1)
  const dearer = pbkdf2(1.5)
  const cheapOther = pbkdf2Hasher(sha1, { iterations: 10 }, derive)
  // SHA-1 takes less time for each iteration.
  const dearOther = pbkdf2Hasher(sha1, { iterations: Math.round(iterations * 1.5) }, derive)
  const stored: Readonly<Record<Stored, string>> = {
    preferred: await preferred.encode(password, salt),
    cheaper: await pbkdf2(0.25).encode(password, salt),
    dearer: await dearer.encode(password, salt),
    cheapOther: await cheapOther.encode(password, salt),
    dearOther: await dearOther.encode(password, salt),
    unusable: "!0123456789abcdefghijklmnopqrstuvwxyzABCD",
    empty: "",
    trash: "a text that was never a hash",
    broken: "pbkdf2_sha256$"
  }

  const storesWith = async (scene: SceneName, backend: "first" | "second") => {
    const { sessions, users } = memory()
    for (const [kind, account] of Object.entries(accounts[scene]))
      for (let index = 0; index < NAMES; index++) {
        if ((account.backend ?? "first") !== backend && account.backend !== "both") continue
        const name = nameOf(kind, index)
        const fields = { username: name, email: addressOf(name), password: stored[account.stored ?? "preferred"] }
        const row = await Effect.runPromise(users.create({ ...fields, isStaff: false, isSuperuser: false }, 0))
        if (row === undefined) throw new Error(`${name} is taken`)
        users.change(row.id, {
          isActive: account.isActive ?? true,
          ...(account.wasUsed === true ? { lastLoginAt: 1 } : {})
        })
      }
    return { sessions: watched(sessions, "sessions", watch), users: watched(users, `${backend}.users`, watch) }
  }

  const settings = { secretKey, allowedHosts: ["127.0.0.1"], csrfMode: "fetch-metadata" } as const
  const oneBackend = async (scene: SceneName, more: Partial<AuthOptions<MemoryUser, AnyFields>> = {}) => {
    const { sessions, users } = await storesWith(scene, "first")
    const backends = { model: modelBackend(users) }
    return createAuth({ ...settings, sessions, backends, hashers: [preferred, cheapOther], ...more })
  }
  const login = await oneBackend("login")
  const equalisedHashers = { hashers: [preferred, dearOther] as const }
  const equalised = await oneBackend("equalised", {
    ...equalisedHashers,
    wrongPasswordHashers: [dearer, dearOther]
  })
  const notEqualised = await oneBackend("equalised", equalisedHashers)
  const [first, second] = [await storesWith("backends", "first"), await storesWith("backends", "second")]
  const firstOnly = createAuth({
    ...settings,
    sessions: first.sessions,
    backends: { first: modelBackend(first.users) },
    hashers: [preferred]
  })
  const backends = createAuth({
    ...settings,
    sessions: first.sessions,
    backends: { first: modelBackend(first.users), second: modelBackend(second.users) },
    hashers: [preferred]
  })
  const { store, lock } = lockableStore(watch)
  const throttle = { store, account: { freeFailures: 1, maximumSeconds: day, forgetSeconds: 10 * day } }
  const throttled = await oneBackend("throttled", { hashers: [preferred], throttle })
  const locking = (now: () => number) =>
    oneBackend("throttled", { hashers: [pbkdf2Hasher(sha256, { iterations: 1 })], throttle, clockAndRandom: { now } })
  await lock(locking, ["locked", "lright", "lnoone"])

  type SiteAuth = typeof login
  /** A form of a login that has to fail. @param checks whether the credentials are right; `undefined`: without a look */
  const form = (auth: SiteAuth, checks = true, extraIterations = 0): RequestListener =>
    nodeAuth(
      auth,
      async (req, res, { authenticate }) => {
        const credentials = await bodyOf(req)
        if (extraIterations > 0) await derive(Buffer.from("x"), salt, extraIterations, 32, "sha256")
        const user = checks ? await authenticate(credentials) : undefined
        res.writeHead(user === undefined ? 401 : 500, { "content-type": "application/json" })
        res.end("{}")
      },
      { csrfExempt: true }
    )
  const logins = (scene: SceneName, auth: SiteAuth, quick: RequestListener): Forms => ({
    usual: form(auth),
    planted: { delay: form(auth, true, Math.round(iterations * sceneOf(scene).tolerance)), quick }
  })

  const queues: Array<MailQueue> = []
  const pages = async (scene: "reset" | "signUp"): Promise<Forms> => {
    const send = async (to: string): Promise<void> => {
      called("mail")
      if (to.startsWith("refus")) throw new Error("the mail server refuses")
      if (to.startsWith("tardy")) await sleep(tardyMs)
    }
    const queue = { deadlineSeconds: 1, retrySeconds: 600, report: () => undefined }
    const mail = mailQueue({ send: ({ to }) => send(to) }, queue)
    queues.push(mail)
    const middleware = connectAccounts(await oneBackend(scene), { mail, signUp: true })
    const usual: RequestListener = (req, res) => middleware(req, res, () => void res.writeHead(404).end())
    const after =
      (work: () => Promise<unknown>): RequestListener =>
      (req, res) =>
        void work().then(() => usual(req, res))
    return {
      usual,
      planted: {
        delay: after(() =>
          derive(Buffer.from("x"), salt, Math.round(iterations * 2 * sceneOf(scene).tolerance), 32, "sha256")
        ),
        inline: after(() => {
          called("mail")
          return sleep(inlineMs)
        }),
        quick: (req, res) => {
          req.resume()
          res.writeHead(302, { location: "/accounts/signup/done" }).end()
        }
      }
    }
  }

  const forms: Readonly<Record<SceneName, Forms>> = {
    login: logins("login", login, form(login, false)),
    equalised: logins("equalised", equalised, form(notEqualised)),
    backends: logins("backends", backends, form(firstOnly)),
    throttled: logins("throttled", throttled, form(throttled, false)),
    reset: await pages("reset"),
    signUp: await pages("signUp")
  }
  return {
    listener: (req, res) => {
      const scene = sceneNames.find((name) => sceneOf(name).path === req.url)
      if (scene === undefined) {
        res.writeHead(404).end()
        return
      }
      const { planted, usual } = forms[scene]
      const answer = planted[kindOf(String(req.headers["x-kind"]))] ?? usual
      answer(req, res)
    },
    settled: async () => {
      await Promise.all(queues.map((queue) => queue.drain()))
    }
  }
}

export interface TimingSite {
  readonly listener: RequestListener
  /** Resolves when the site has done all work that follows its answers. */
  readonly settled: () => Promise<void>
}

/** The form of a scene, and with each planted leak. */
interface Forms {
  readonly usual: RequestListener
  readonly planted: Readonly<Record<string, RequestListener>>
}

const bodyOf = async (req: IncomingMessage): Promise<Readonly<Record<string, string>>> => {
  let body = ""
  for await (const part of req) body += String(part)
  return JSON.parse(body)
}

const day = 86_400

/** A throttle store in which only some names have to wait: all other failures are forgotten immediately. */
const lockableStore = (watch: Watch) => {
  const inner = memoryThrottle()
  let isLocking = true
  const store: ThrottleStore = {
    ...inner,
    take: (asks, now) =>
      Effect.tap(inner.take(asks, now), (answers) =>
        isLocking
          ? Effect.void
          : inner.settle(
              asks.flatMap(({ key }, at) => (answers[at]?._tag === "Taken" ? [{ _tag: "Reset", key } as const] : []))
            )
      )
  }
  /** Makes names of these kinds wait for a day. @param make an application with another clock */
  const lock = async (
    make: (now: () => number) => Promise<ReturnType<typeof createAuth<MemoryUser>>>,
    kinds: ReadonlyArray<string>
  ): Promise<void> => {
    let at = 0
    const auth = await make(() => at)
    const names = kinds.flatMap((kind) => Array.from({ length: NAMES }, (_, index) => nameOf(kind, index)))
    const transport = { secure: false, serverName: "127.0.0.1", serverPort: "80" }
    // Each failure doubles the wait: 1, 2, 4 seconds, at last one day.
    const waits = Array.from({ length: 18 }, (_, failures) => Math.min(2 ** failures, day))
    at = Date.now() - waits.slice(0, -1).reduce((sum, seconds) => sum + seconds, 0) * 1000
    for (const wait of waits) {
      for (const username of names) {
        const head = { method: "POST", target: "/", headers: [], transport }
        await auth.open(head).context.authenticate({ username, password: "a wrong password" })
      }
      at += wait * 1000
    }
    isLocking = false
  }
  return { store: watched(store, "throttle", watch), lock }
}
