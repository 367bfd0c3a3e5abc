/** The accounts of each kind, and what a client sends for them. */
import { kindOf, type SceneName } from "./kinds.ts"

export const password = "the password of all accounts"

export type Stored =
  | "preferred"
  | "cheaper"
  | "dearer"
  | "cheapOther"
  | "dearOther"
  | "unusable"
  | "empty"
  | "trash"
  | "broken"

/** An account of a kind. */
export interface Account {
  readonly stored?: Stored
  readonly isActive?: false
  /** Whether the user has logged in before: then an inactive account was confirmed. */
  readonly wasUsed?: true
  /** Default: the first. */
  readonly backend?: "second" | "both"
}

const active: Account = {}

/** The accounts of each kind that has one. */
export const accounts: Readonly<Record<SceneName, Readonly<Record<string, Account>>>> = {
  login: {
    known: active,
    again: active,
    delay: active,
    inact: { isActive: false },
    right: { isActive: false },
    rcheap: { isActive: false, stored: "cheaper" },
    unusu: { stored: "unusable" },
    empty: { stored: "empty" },
    trash: { stored: "trash" },
    broke: { stored: "broken" },
    cheap: { stored: "cheaper" },
    other: { stored: "cheapOther" },
    dear0: { stored: "dearer" },
    twice: { stored: "dearOther" }
  },
  equalised: {
    known: active,
    again: active,
    delay: active,
    inact: { isActive: false },
    unusu: { stored: "unusable" },
    cheap: { stored: "cheaper" },
    dear0: { stored: "dearer" },
    twice: { stored: "dearOther" }
  },
  backends: {
    known: active,
    again: active,
    delay: active,
    secnd: { backend: "second" },
    both0: { backend: "both" },
    inact: { isActive: false },
    insec: { isActive: false, backend: "second" }
  },
  throttled: { known: active, again: active, delay: active, locked: active, lright: active },
  reset: {
    known: active,
    again: active,
    delay: active,
    inline: active,
    inact: { isActive: false },
    unusu: { stored: "unusable" },
    refus: active,
    tardy: active
  },
  signUp: {
    known: active,
    quick: active,
    inact: { isActive: false, wasUsed: true },
    never: { isActive: false },
    unusu: { stored: "unusable" },
    refus: active,
    tardy: active
  }
}

/** The kinds whose login has the right password. */
const rightPassword: Readonly<Partial<Record<SceneName, ReadonlyArray<string>>>> = {
  login: ["right", "rcheap"],
  equalised: ["inact"],
  backends: ["inact", "insec"],
  throttled: ["lright"]
}

/** The fields that a client sends for this account. */
export const formOf = (scene: SceneName, name: string): Readonly<Record<string, string>> => {
  if (scene === "reset") return { email: addressOf(name) }
  if (scene === "signUp")
    return { username: `new-${name}`, email: addressOf(name), password1: password, password2: password }
  const isRight = rightPassword[scene]?.includes(kindOf(name)) === true
  return { username: name, password: isRight ? password : "a wrong password" }
}

export const addressOf = (name: string): string => `${name}@example.com`
