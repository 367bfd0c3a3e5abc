/**
 * The work of a failed attempt does not depend on the account, for any preferred hasher and any hasher of the stored
 * text. The units of work are described in ledger.ts.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { BadRequest } from "../../../src/adapters/errors/errors.ts"
import { makePasswords } from "../../../src/adapters/password/make-passwords.ts"
import type { Hasher, Passwords } from "../../../src/adapters/ports/passwords.ts"
import { Ledger, type Work } from "./ledger.ts"

const ledger = new Ledger()
const run = Effect.runPromise
const salt22 = "abcdefghijklmnopqrstuu"
const [h31, h43, h88] = [31, 43, 88].map((length) => "h".repeat(length))
const saltBase64 = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dQ"

interface Kind {
  readonly preferred: Hasher
  readonly fresh: Work
  /** The same algorithm, configured for less and for more. */
  readonly cheaper: ReadonlyArray<Hasher>
  readonly dearer: Hasher
  readonly dearWork: Work
  /** Invalid texts of the algorithm, which cause no work. */
  readonly broken: ReadonlyArray<string>
}

const bcryptKind = (algorithm: "bcrypt" | "bcrypt_sha256"): Kind => ({
  preferred: ledger.bcrypt(algorithm, 7),
  fresh: { bcrypt: 128 },
  cheaper: [ledger.bcrypt(algorithm, 6), ledger.bcrypt(algorithm, 4)],
  dearer: ledger.bcrypt(algorithm, 8),
  dearWork: { bcrypt: 256 },
  broken: [`${algorithm}$$2b$17$${salt22}${h31}`, `${algorithm}$$2b$31$${salt22}${h31}`, `${algorithm}$$2b$04$x`]
})

const kinds: ReadonlyArray<Kind> = [
  {
    preferred: ledger.sha256(1000),
    fresh: { sha256: 1000 },
    cheaper: [ledger.sha256(999), ledger.sha256(1)],
    dearer: ledger.sha256(1500),
    dearWork: { sha256: 1500 },
    broken: [`pbkdf2_sha256$10000001$${salt22}$h`, "pbkdf2_sha256$$$", "pbkdf2_sha256"]
  },
  {
    preferred: ledger.sha1(800),
    fresh: { sha1: 800 },
    cheaper: [ledger.sha1(1)],
    dearer: ledger.sha1(900),
    dearWork: { sha1: 900 },
    broken: [`pbkdf2_sha1$10000001$${salt22}$h`]
  },
  {
    preferred: ledger.scrypt({ workFactor: 16, blockSize: 2, parallelism: 5 }),
    fresh: { scrypt: 160 },
    cheaper: [
      ledger.scrypt({ workFactor: 16, blockSize: 2, parallelism: 1 }),
      ledger.scrypt({ workFactor: 8, blockSize: 2, parallelism: 2 })
    ],
    dearer: ledger.scrypt({ workFactor: 32, blockSize: 2, parallelism: 5 }),
    dearWork: { scrypt: 320 },
    broken: [
      `scrypt$1048576$${salt22}$8$16$${h88}`,
      `scrypt$${salt22}$1048576$8$16$${h88}`,
      `scrypt$16$${salt22}$2$17$${h88}`,
      `scrypt$15$${salt22}$2$5$${h88}`
    ]
  },
  {
    preferred: ledger.argon2({ memoryCost: 64, timeCost: 4, parallelism: 2 }),
    fresh: { argon2: 256 },
    cheaper: [
      ledger.argon2({ memoryCost: 64, timeCost: 1, parallelism: 2 }),
      ledger.argon2({ memoryCost: 16, timeCost: 4, parallelism: 2 })
    ],
    dearer: ledger.argon2({ memoryCost: 64, timeCost: 5, parallelism: 2 }),
    dearWork: { argon2: 320 },
    broken: [
      `argon2$argon2id$v=19$m=262145,t=1,p=1$${saltBase64}$${h43}`,
      `argon2$argon2id$v=19$m=64,t=17,p=1$${saltBase64}$${h43}`,
      `argon2$argon2d$v=19$m=64,t=4,p=2$${saltBase64}$${h43}`
    ]
  },
  bcryptKind("bcrypt_sha256"),
  bcryptKind("bcrypt")
]

const sum = (a: Work, b: Work): Work => {
  const total: Record<string, number> = { ...a }
  for (const [kind, units] of Object.entries(b)) total[kind] = (total[kind] ?? 0) + units
  return total
}

const workOf = async (attempt: Effect.Effect<unknown, unknown>): Promise<Work> => {
  ledger.take()
  await run(attempt)
  return ledger.take()
}

const preferring = (kind: Kind): Passwords =>
  makePasswords({
    hashers: [kind.preferred, ...kinds.filter((other) => other !== kind).map((other) => other.preferred)]
  })

describe.each(
  kinds.map((kind) => [kind.preferred.algorithm, kind] as const)
)("with the preferred hasher %s", (_, kind) => {
  const passwords = preferring(kind)
  const wrong = async (encoded: string): Promise<Work> => {
    ledger.take()
    expect(await run(passwords.verify("wrong", encoded))).toEqual({ correct: false, mustUpdate: false })
    return ledger.take()
  }

  it("an unknown user costs one fresh hash", async () => {
    expect(await workOf(passwords.hashAndDiscard("wrong"))).toEqual(kind.fresh)
  })

  it("a wrong password costs one fresh hash", async () => {
    expect(await wrong(await kind.preferred.encode("right", salt22))).toEqual(kind.fresh)
  })

  it("a stored text that no hasher can verify costs one fresh hash", async () => {
    const texts = ["!", passwords.unusable(), "", "nonsense", "$", `md5$s$${"a".repeat(32)}`, "a".repeat(32)]
    for (const encoded of [...texts, ...kinds.flatMap(({ broken }) => broken)])
      expect(await wrong(encoded)).toEqual(kind.fresh)
  })

  it("a stored hash with less work costs one fresh hash", async () => {
    for (const cheaper of kind.cheaper) expect(await wrong(await cheaper.encode("right", salt22))).toEqual(kind.fresh)
  })

  it("a stored hash of another algorithm costs its own work and one fresh hash", async () => {
    for (const other of kinds.filter((candidate) => candidate !== kind))
      expect(await wrong(await other.preferred.encode("right", salt22))).toEqual(sum(kind.fresh, other.fresh))
  })

  it("a stored hash with more work costs its own work", async () => {
    expect(await wrong(await kind.dearer.encode("right", salt22))).toEqual(kind.dearWork)
  })

  it("a right password costs the work of its stored hash, and must be updated unless that equals a fresh hash", async () => {
    for (const [hasher, mustUpdate] of [
      [kind.preferred, false],
      [kind.dearer, true],
      ...kind.cheaper.map((cheaper) => [cheaper, true] as const),
      ...kinds.filter((other) => other !== kind).map((other) => [other.preferred, true] as const)
    ] as const) {
      const encoded = await hasher.encode("right", salt22)
      ledger.take()
      await hasher.verify("right", encoded)
      const stored = ledger.take()
      expect(await run(passwords.verify("right", encoded))).toEqual({ correct: true, mustUpdate })
      expect(ledger.take()).toEqual(stored)
    }
  })

  it("a text that cannot be a password costs nothing, for every stored text", async () => {
    for (const password of ["\ud800", "x".repeat(4097)]) {
      for (const { broken, preferred } of kinds)
        for (const encoded of [...broken, await preferred.encode("right", salt22), "!", ""])
          expect(await workOf(passwords.verify(password, encoded))).toEqual({})
      expect(await workOf(passwords.hashAndDiscard(password))).toEqual({})
    }
  })
})

describe("a wrong password with wrongPasswordHashers", () => {
  /** The dearest hash that is stored, of each algorithm. */
  const dearest = kinds.map(({ dearer }) => dearer)
  const all = kinds.map(({ dearWork }) => dearWork).reduce(sum)

  it("costs the same for every stored text", async () => {
    const passwords = makePasswords({
      hashers: [kinds[0]!.preferred, ...kinds.slice(1).map(({ preferred }) => preferred)],
      wrongPasswordHashers: dearest
    })
    const stored = kinds.flatMap(({ cheaper, dearer, preferred }) => [...cheaper, dearer, preferred])
    for (const hasher of stored)
      expect(await workOf(passwords.verify("wrong", await hasher.encode("right", salt22))), hasher.algorithm).toEqual(
        all
      )
    for (const encoded of ["", "!", "nonsense", ...kinds.flatMap(({ broken }) => broken)])
      expect(await workOf(passwords.verify("wrong", encoded)), encoded).toEqual(all)
    expect(await workOf(passwords.refuse("right", await kinds[1]!.preferred.encode("right", salt22)))).toEqual(all)
    expect(await workOf(passwords.hashAndDiscard("wrong"))).toEqual(all)
  })

  it("costs a hash of the preferred hasher too, if the list has none of its algorithm", async () => {
    const [sha256, sha1] = kinds
    const passwords = makePasswords({
      hashers: [sha256!.preferred, sha1!.preferred],
      wrongPasswordHashers: [sha1!.dearer]
    })
    expect(await workOf(passwords.hashAndDiscard("wrong"))).toEqual(sum(sha256!.fresh, sha1!.dearWork))
  })

  it("leaves the work of the right password as it is", async () => {
    const [sha256] = kinds
    const passwords = makePasswords({ hashers: [sha256!.preferred], wrongPasswordHashers: dearest })
    const encoded = await sha256!.preferred.encode("right", salt22)
    ledger.take()
    expect(await run(passwords.verify("right", encoded))).toEqual({ correct: true, mustUpdate: false })
    expect(ledger.take()).toEqual(sha256!.fresh)
  })
})

describe("a password that plain bcrypt cannot tell from others", () => {
  const plain = kinds.find((kind) => kind.preferred.algorithm === "bcrypt")!
  const passwords = preferring(plain)
  const unwritable = ["x".repeat(73), "p\0w", `${"é".repeat(36)}x`]

  it.each(unwritable)("costs what any wrong password costs: %j", async (password) => {
    const stored = await plain.preferred.encode("right", salt22)
    for (const encoded of ["!", "", "nonsense", stored, await plain.cheaper[0]!.encode("right", salt22)])
      expect(await workOf(passwords.verify(password, encoded))).toEqual(plain.fresh)
    expect(await workOf(passwords.hashAndDiscard(password))).toEqual(plain.fresh)
  })

  it.each(unwritable)("is correct if another algorithm hashed it, and is not rehashed: %j", async (password) => {
    const stored = await kinds[0]!.preferred.encode(password, salt22)
    expect(await run(passwords.verify(password, stored))).toEqual({ correct: true, mustUpdate: false })
  })

  it.each(unwritable)("cannot be set: %j", async (password) => {
    ledger.take()
    expect(await run(Effect.flip(passwords.encode(password)))).toBeInstanceOf(BadRequest)
    expect(ledger.take()).toEqual({})
  })
})
