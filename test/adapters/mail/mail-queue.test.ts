import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it, vi } from "vitest"
import { ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { type MailQueueOptions, mailQueue } from "../../../src/adapters/mail/mail-queue.ts"
import { type Mail, MailDelayed, type Mailer, MailRefused } from "../../../src/adapters/ports/mail.ts"
import { losses, mail, outgoing } from "./mails.ts"

/** A mailer whose sends end when the test says so. */
class HeldMailer implements Mailer {
  readonly sends: Array<{
    readonly mail: Mail
    readonly finish: () => void
    readonly signal: AbortSignal | undefined
  }> = []
  readonly send: Mailer["send"] = (mail, { signal } = {}) =>
    new Promise((resolve) => this.sends.push({ mail, finish: resolve, signal }))
  finishAll(): void {
    for (const { finish } of this.sends.splice(0)) finish()
  }
}

const failing = (...errors: ReadonlyArray<unknown>) => {
  const send = vi.fn<Mailer["send"]>(async () => {
    const error = errors[send.mock.calls.length - 1]
    if (error !== undefined) throw error
  })
  return { send }
}
const soon: MailQueueOptions = { retrySeconds: 0.01 }

describe("mailQueue", () => {
  it("sends a mail", async () => {
    const mailer = failing()
    expect(await mailQueue(mailer).send(outgoing())).toBe(true)
    expect(mailer.send.mock.calls.map(([sent]) => sent)).toEqual([mail])
  })

  it("runs no code of the mailer before send has returned", async () => {
    const mailer = failing()
    const sent = mailQueue(mailer).send(outgoing())
    await Promise.resolve()
    expect(mailer.send).not.toHaveBeenCalled()
    await sent
  })

  it("sends no more mails at the same time than `parallel`", async () => {
    const mailer = new HeldMailer()
    const queue = mailQueue(mailer, { parallel: 2 })
    const sent = Promise.all(Array.from({ length: 5 }, (_, n) => queue.send(outgoing(String(n)))))
    for (const expected of [2, 2, 1]) {
      await vi.waitFor(() => expect(mailer.sends).toHaveLength(expected), 20_000)
      await pause(10)
      expect(mailer.sends).toHaveLength(expected)
      mailer.finishAll()
    }
    expect(await sent).toEqual([true, true, true, true, true])
  })

  it("tries again after a failure that may pass, with longer and longer pauses", async () => {
    const times: Array<number> = []
    const errors = [new MailDelayed({ reason: "later" }), new Error("a@b"), "text", undefined]
    const queue = mailQueue(
      {
        send: async () => {
          times.push(performance.now())
          const error = errors[times.length - 1]
          if (error !== undefined) throw error
        }
      },
      { retrySeconds: 0.04 }
    )
    expect(await queue.send(outgoing())).toBe(true)
    const [first = 0, second = 0, third = 0] = times.slice(1).map((time, n) => time - (times[n] ?? 0))
    expect(first).toBeGreaterThan(35)
    expect(second).toBeGreaterThan(75)
    expect(third).toBeGreaterThan(155)
  })

  it("tries a refused mail only once", async () => {
    const { lost, report } = losses()
    const mailer = failing(new MailRefused({ reason: "the server answered 550" }))
    expect(await mailQueue(mailer, { ...soon, report }).send(outgoing())).toBe(false)
    expect(mailer.send).toHaveBeenCalledTimes(1)
    expect(lost.map(({ message }) => message)).toEqual([
      'a mail was lost (password reset for account "17"; attempts: 1): the server answered 550'
    ])
  })

  it("gives a mail up at its deadline, and says why the last attempt failed", async () => {
    const { lost, report } = losses()
    const send = async () => Promise.reject(new MailDelayed({ reason: "the server answered 450" }))
    expect(await mailQueue({ send }, { retrySeconds: 0.02, deadlineSeconds: 1, report }).send(outgoing())).toBe(false)
    expect(lost).toMatchObject([{ userId: "17", purpose: "password reset", reason: "the server answered 450" }])
    expect(lost[0]?.attempts).toBeGreaterThan(1)
  })

  it("ends an attempt that takes too long, aborts its signal, and tries again", async () => {
    const signals: Array<AbortSignal | undefined> = []
    const queue = mailQueue(
      {
        send: (_, { signal } = {}) => {
          signals.push(signal)
          return signals.length === 1 ? new Promise(() => {}) : Promise.resolve()
        }
      },
      { ...soon, attemptSeconds: 0.03 }
    )
    expect(await queue.send(outgoing())).toBe(true)
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false])
  })

  it("does not let mailers that hang occupy the queue permanently", async () => {
    const { lost, report } = losses()
    const send: Mailer["send"] = ({ to }) => (to.startsWith("hang") ? new Promise(() => {}) : Promise.resolve())
    const queue = mailQueue(
      { send },
      { parallel: 2, attemptSeconds: 0.05, deadlineSeconds: 60, retrySeconds: 9, report }
    )
    const hanging = Array.from({ length: 4 }, (_, n) => queue.send(outgoing("1", `hang${n}@shop.example`)))
    expect(await queue.send(outgoing("2"))).toBe(true)
    await queue.drain({ seconds: 0 })
    expect(await Promise.all(hanging)).toEqual([false, false, false, false])
    expect(lost.map(({ userId }) => userId)).toEqual(["1", "1", "1", "1"])
  })

  it.each([
    [
      "throws before it returns a promise",
      () => {
        throw new Error("to alice@shop.example")
      }
    ],
    ["rejects with nothing", () => Promise.reject(undefined)],
    ["rejects with an object", () => Promise.reject({ to: "alice@shop.example" })]
  ])("loses the mail when the mailer %s, and logs no address", async (_, send) => {
    const { lost, report } = losses()
    const queue = mailQueue({ send }, { retrySeconds: 1, deadlineSeconds: 0.05, report })
    expect(await queue.send(outgoing())).toBe(false)
    expect(lost[0]?.message).not.toMatch(/alice|token/)
  })

  it("writes lost mails to console.error, with the account's id and without address, link and token", async () => {
    const write = vi.spyOn(console, "error").mockImplementation(() => {})
    await mailQueue(failing(new MailRefused({ reason: "the server answered 550" }))).send(outgoing())
    expect(write.mock.calls).toEqual([
      ['latchkey: a mail was lost (password reset for account "17"; attempts: 1): the server answered 550']
    ])
    write.mockRestore()
  })

  it("goes on when the report function throws", async () => {
    const write = vi.spyOn(console, "error").mockImplementation(() => {})
    const report = () => {
      throw new Error("no log")
    }
    expect(await mailQueue(failing(new MailRefused({ reason: "no" })), { report }).send(outgoing())).toBe(false)
    expect(write).toHaveBeenCalledTimes(1)
    write.mockRestore()
  })

  it("removes the newest mail of the account with the most mails when it is full", async () => {
    const { lost, report } = losses()
    const mailer = new HeldMailer()
    const queue = mailQueue(mailer, { maximumLength: 4, parallel: 1, report })
    const first = queue.send(outgoing("flood", "0@shop.example"))
    await vi.waitFor(() => expect(mailer.sends).toHaveLength(1), 20_000)
    const flood = [1, 2, 3, 4].map((n) => queue.send(outgoing("flood", `${n}@shop.example`)))
    const other = queue.send(outgoing("other", "other@shop.example"))
    const sent: Array<string> = []
    const finish = setInterval(() => {
      sent.push(...mailer.sends.map(({ mail }) => mail.to))
      mailer.finishAll()
    }, 5)
    expect(await Promise.all([first, ...flood, other])).toEqual([true, true, true, false, false, true])
    clearInterval(finish)
    expect(sent).toEqual(["0@shop.example", "1@shop.example", "2@shop.example", "other@shop.example"])
    expect(lost).toMatchObject([
      { userId: "flood", reason: "the queue is full", attempts: 0 },
      { userId: "flood", reason: "the queue is full", attempts: 0 }
    ])
  })

  it.each([
    ["a recipient with a line break", { ...mail, to: "a@b.example\r\nBcc: c@d.example" }],
    ["two recipients", { ...mail, to: "a@b.example,c@d.example" }],
    ["a recipient with a display name", { ...mail, to: "A <a@b.example>" }],
    ["a group of recipients", { ...mail, to: "all:a@b.example;" }],
    ["no recipient", { ...mail, to: "" }],
    ["a recipient without domain", { ...mail, to: "alice" }],
    ["a recipient of 255 characters", { ...mail, to: `a@${"b".repeat(253)}` }],
    ["a subject with a line break", { ...mail, subject: "Hello\nBcc: c@d.example" }],
    ["a subject with a carriage return", { ...mail, subject: "Hello\rBcc: c@d.example" }],
    ["no subject", { ...mail, subject: "" }]
  ])("never gives a mailer %s", async (_, bad) => {
    const { lost, report } = losses()
    const mailer = failing()
    expect(await mailQueue(mailer, { report }).send({ mail: bad, purpose: "test" })).toBe(false)
    expect(mailer.send).not.toHaveBeenCalled()
    expect(lost).toMatchObject([{ attempts: 0, userId: undefined }])
  })

  describe("drain", () => {
    it("waits until all mails are sent, also those that arrive meanwhile", async () => {
      const mailer = new HeldMailer()
      const queue = mailQueue(mailer)
      let isDrained = false
      void queue.send(outgoing("1"))
      const drained = queue.drain({ seconds: 5 }).then(() => {
        isDrained = true
      })
      await vi.waitFor(() => expect(mailer.sends).toHaveLength(1), 20_000)
      const second = queue.send(outgoing("2"))
      mailer.finishAll()
      await vi.waitFor(() => expect(mailer.sends).toHaveLength(1), 20_000)
      expect(isDrained).toBe(false)
      mailer.finishAll()
      await drained
      expect(await second).toBe(true)
    })

    it("waits for announced work, and for the mails that it sends", async () => {
      const mailer = failing()
      const queue = mailQueue(mailer)
      const work = pause(30).then(() => void queue.send(outgoing("1")))
      queue.expect?.(work)
      queue.expect?.(Promise.reject(new Error("work that fails")))
      await queue.drain({ seconds: 5 })
      expect(mailer.send).toHaveBeenCalledTimes(1)
    })

    it("does not wait longer for announced work than it was told", async () => {
      const queue = mailQueue(failing())
      queue.expect?.(new Promise(() => {}))
      await queue.drain({ seconds: 0.02 })
    })

    it("gives up what is left when its time is over: being sent, waiting for a turn, and between attempts", async () => {
      const { lost, report } = losses()
      const send = vi.fn<Mailer["send"]>(({ to }) =>
        to.startsWith("0")
          ? Promise.reject(new MailDelayed({ reason: "the server answered 450" }))
          : new Promise(() => {})
      )
      const queue = mailQueue({ send }, { parallel: 1, retrySeconds: 60, report })
      const sent = [0, 1, 2].map((n) => queue.send(outgoing(String(n), `${n}@shop.example`)))
      await vi.waitFor(() => expect(send).toHaveBeenCalledTimes(2), 20_000)
      await queue.drain({ seconds: 0.05 })
      expect(await Promise.all(sent)).toEqual([false, false, false])
      expect(lost.map(({ reason }) => reason).sort()).toEqual([
        "the process ends",
        "the process ends; last attempt: it was still being sent",
        "the process ends; last attempt: the server answered 450"
      ])
    })

    it("has reported every lost mail when it returns", async () => {
      const { lost, report } = losses()
      const queue = mailQueue(new HeldMailer(), { report })
      void queue.send(outgoing("1"))
      await queue.drain({ seconds: 0 })
      expect(lost).toMatchObject([{ userId: "1", attempts: 0, reason: "the process ends" }])
      void queue.send(outgoing("2"))
      await queue.drain({ seconds: 0.02 })
      expect(lost).toHaveLength(2)
    })

    it("returns immediately when nothing is left, and the queue can be used again", async () => {
      const queue = mailQueue(failing())
      await queue.drain()
      expect(await queue.send(outgoing())).toBe(true)
      await queue.drain({ seconds: 0 })
    })
  })

  it.each([
    { parallel: 0 },
    { parallel: 1.5 },
    { maximumLength: 0 },
    { attemptSeconds: 0 },
    { deadlineSeconds: Number.NaN },
    { retrySeconds: -1 },
    { deadlineSeconds: Number.POSITIVE_INFINITY }
  ])("cannot be made with %j", (options) => {
    expect(() => mailQueue(failing(), options)).toThrow(ConfigurationInvalid)
  })
})
