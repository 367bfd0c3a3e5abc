/** Settings, bindings and instants for the tests of `src/core/device-bound`. */
import type { DeviceBinding, DeviceJwk } from "../../../src/core/device-bound/device-binding.ts"
import * as Binding from "../../../src/core/device-bound/device-binding.ts"
import {
  type DeviceBoundOptions,
  type DeviceBoundSettings,
  deviceBoundSettings
} from "../../../src/core/device-bound/device-settings.ts"
import { cookieSettings } from "../../../src/core/http/cookies/cookie-settings.ts"
import type { SessionData } from "../../../src/core/json/session-data.ts"
import * as Data from "../../../src/core/json/session-data.ts"

export const now = 1_700_000_000_000
export const id = "AAAAAAAAAAAAAAAAAAAAA1"
export const otherId = "BBBBBBBBBBBBBBBBBBBBB2"

export const settingsWith = (
  options: Partial<DeviceBoundOptions> = {},
  secret = "secret",
  fallbacks: ReadonlyArray<string> = []
): DeviceBoundSettings =>
  deviceBoundSettings({ mode: "enforce", ...options }, cookieSettings("sessionid", true), { secret, fallbacks })

export const settings = settingsWith()

export const jwk: DeviceJwk = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) }

export const offered = (at: number): DeviceBinding => ({ id, offered: at, device: undefined })
export const boundSince = (since: number): DeviceBinding => ({
  id,
  offered: since,
  device: { jwk, alg: "ES256", since }
})

/** Session data with a binding. */
export const dataWith = (binding: DeviceBinding): SessionData => Data.of([[Binding.dataKey, Binding.write(binding)]])
