/**
 * The kinds of accounts that `npm run timing` compares, in scenes: each is one form of a site. In each scene, all kinds
 * are compared with the first one.
 */

/** How many names each kind has, so that nothing is measured that a cache answers. */
export const NAMES = 20

/** What a kind of account is, and what is expected of it. */
export interface KindInfo {
  readonly words: string
  /** `different`: for a control, and for what docs/security.md says is not equal. */
  readonly expected: "equal" | "different"
  /** Whether the site is changed on purpose, so that the measurement has to find it, or is the first kind again. */
  readonly isControl?: true
  /** Iterations by digest that it costs more, too few to be noticed. */
  readonly extraWork?: Readonly<Record<string, number>>
}

export interface Scene {
  readonly title: string
  /** The path that the form is sent to. */
  readonly path: string
  /** The largest difference that counts as equal, as a part of one password hash. */
  readonly tolerance: number
  /**
   * Which processor time counts. `request`: until the next request. `answer`: until the answer, because the site sends a
   * mail after it.
   */
  readonly until: "request" | "answer"
  /** A planted leak that a client must notice by the time that it waits. */
  readonly noticed: string
  /** The kinds by the first five letters of their names: so all names have the same length. */
  readonly kinds: Readonly<Record<string, KindInfo>>
}

const equal = (words: string): KindInfo => ({ words, expected: "equal" })
const different = (words: string): KindInfo => ({ words, expected: "different" })
const planted = (words: string): KindInfo => ({ words: `control: ${words}`, expected: "different", isControl: true })
const again: KindInfo = { words: "control: the first kind, again", expected: "equal", isControl: true }

export const scenes = {
  login: {
    title: "a login",
    path: "/login",
    tolerance: 0.05,
    until: "request",
    noticed: "quick",
    kinds: {
      known: equal("known account, wrong password"),
      again,
      delay: planted("5 % more work"),
      quick: planted("no hash"),
      noone: equal("no account"),
      inact: equal("inactive account, wrong password"),
      right: equal("inactive account, right password"),
      rcheap: equal("inactive account, right password, hash with fewer iterations"),
      unusu: equal("account without a usable password"),
      empty: equal("empty hash"),
      trash: equal("hash that no hasher can read"),
      broke: equal("hash with the name of the hasher and nothing after it"),
      cheap: equal("hash with fewer iterations"),
      other: { ...equal("hash of another, cheap hasher"), extraWork: { sha1: 10 } },
      dear0: different("hash with 1.5 times the iterations"),
      twice: different("hash of another hasher, which costs as much")
    }
  },
  equalised: {
    title: "a login, with wrongPasswordHashers",
    path: "/equalised",
    tolerance: 0.1,
    until: "request",
    noticed: "quick",
    kinds: {
      known: equal("known account, wrong password"),
      again,
      delay: planted("10 % of a hash more"),
      quick: planted("no account, without the option"),
      noone: equal("no account"),
      inact: equal("inactive account, right password"),
      unusu: equal("account without a usable password"),
      cheap: equal("hash with fewer iterations"),
      dear0: equal("hash with 1.5 times the iterations"),
      twice: equal("hash of another hasher, which costs as much")
    }
  },
  backends: {
    title: "a login with two backends",
    path: "/backends",
    tolerance: 0.05,
    until: "request",
    noticed: "quick",
    kinds: {
      known: equal("known to the first backend, wrong password"),
      again,
      delay: planted("5 % of a hash more"),
      quick: planted("only the first backend is asked"),
      noone: equal("no account"),
      secnd: equal("known to the second backend, wrong password"),
      both0: equal("known to both, wrong password"),
      inact: equal("inactive in the first, right password"),
      insec: equal("inactive in the second, right password")
    }
  },
  throttled: {
    title: "a login with the throttle",
    path: "/throttled",
    tolerance: 0.05,
    until: "request",
    noticed: "quick",
    kinds: {
      known: equal("known account, need not wait, wrong password"),
      again,
      delay: planted("5 % more work"),
      quick: planted("refused without a hash because it has to wait"),
      noone: equal("no account, need not wait"),
      locked: equal("known account that has to wait, wrong password"),
      lright: equal("known account that has to wait, right password"),
      lnoone: equal("no account, has to wait")
    }
  },
  reset: {
    title: "a request for a reset link",
    path: "/accounts/password_reset",
    tolerance: 0.015,
    until: "answer",
    noticed: "inline",
    kinds: {
      known: equal("address of an account"),
      again,
      delay: planted("3 % of a hash more"),
      inline: planted("the mail is sent before the answer"),
      noone: equal("unknown address"),
      inact: equal("address of an inactive account"),
      unusu: equal("address of an account without a usable password"),
      refus: equal("address of an account, the mail server refuses"),
      tardy: equal("address of an account, the mail server is slow")
    }
  },
  signUp: {
    title: "a sign-up with confirmation",
    path: "/accounts/signup",
    tolerance: 0.05,
    until: "answer",
    noticed: "quick",
    kinds: {
      noone: equal("free address"),
      again,
      delay: planted("10 % of a hash more"),
      quick: planted("no hash for an address that has an account"),
      known: equal("address of an account"),
      inact: equal("address of an inactive account that was used before"),
      never: equal("address of an account that was never confirmed"),
      unusu: equal("address of an account without a usable password"),
      refus: equal("address of an account, the mail server refuses"),
      tardy: equal("address of an account, the mail server is slow")
    }
  }
} as const satisfies Readonly<Record<string, Scene>>

export type SceneName = keyof typeof scenes

export const sceneNames: ReadonlyArray<SceneName> = ["login", "equalised", "backends", "throttled", "reset", "signUp"]

export const sceneOf = (name: SceneName): Scene => scenes[name]

/** The kinds of a scene; all others are compared with the first one. */
export const kindsIn = (scene: Scene): ReadonlyArray<string> => Object.keys(scene.kinds)

/** The name of an account. All names have the same length. */
export const nameOf = (kind: string, index: number): string =>
  `${kind.padEnd(6, "x")}${String(index % NAMES).padStart(2, "0")}`

/** The kind of an account with this name. */
export const kindOf = (name: string): string => name.slice(0, 6).replace(/x+$/, "")
