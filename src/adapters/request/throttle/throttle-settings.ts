/** The settings of the throttle, and what follows from them without a store. */
import type { SetCookie } from "../../../core/effect.ts"
import * as KnownDevice from "../../../core/throttle/known-device.ts"
import type { ThrottlePolicy } from "../../../core/throttle/throttle.ts"
import type { ThrottleKeys, ThrottleKind } from "../../../core/throttle/throttle-keys.ts"
import type { ThrottleStore } from "../../ports/throttle-store.ts"

/** The settings of the throttle. Made once, when the application starts. */
export interface ThrottleSettings {
  readonly store: ThrottleStore
  readonly keys: ThrottleKeys
  readonly device: KnownDevice.KnownDeviceSettings
  readonly policies: Readonly<Record<Exclude<ThrottleKind, "proof">, ThrottlePolicy>>
  /** Counts while the store is unavailable. `undefined`: then attempts fail. */
  readonly fallbackStore: ThrottleStore | undefined
  /** The fields of credentials and of users that hold a user name, in order. */
  readonly usernameFields: ReadonlyArray<string>
}

/** The device of a successful attempt, for its cookie. */
export interface ProvenDevice {
  readonly id: string
  /** The key of the user name. */
  readonly account: string
  /** The stored password. */
  readonly encoded: string
}

/** The user name among credentials or in a user object. */
export const usernameIn = ({ usernameFields }: ThrottleSettings, fields: object): string | undefined => {
  for (const field of usernameFields) {
    const value: unknown = Reflect.get(fields, field)
    if (typeof value === "string") return value
  }
  return undefined
}

/** The cookie that makes the browser of a login a known device. */
export const cookieOf = ({ device }: ThrottleSettings, proven: ProvenDevice, now: number): SetCookie =>
  KnownDevice.deviceCookie(device, proven.id, proven.account, proven.encoded, now)
