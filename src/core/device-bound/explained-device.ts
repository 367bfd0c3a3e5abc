/** Says in sentences what a request has shown about the device of its session. */
import type { DeviceVerdict } from "./device-verdict.ts"

/** The decision that a sentence is about. */
export type ExplainedDeviceRule =
  | "DeviceAsked"
  | "DeviceProven"
  | "DeviceSettling"
  | "DeviceUnproven"
  | "DeviceUnregistered"

interface ExplainedDeviceStep {
  readonly rule: ExplainedDeviceRule
  readonly text: string
}

/** What a request has shown about the device of its session. */
export interface ExplainedDevice {
  /** `Asked`: no cookies were given, so it is not known what a request shows. */
  readonly verdict: DeviceVerdict | "Asked"
  /** Whether the session is closed to the request. */
  readonly isClosed: boolean
  /** The name of the short cookie. */
  readonly cookieName: string
}

/** The sentences. */
export const deviceSteps = (device: ExplainedDevice | undefined): ReadonlyArray<ExplainedDeviceStep> => {
  if (device === undefined) return []
  const { cookieName, isClosed, verdict } = device
  const bound = "The session is bound to a device"
  switch (verdict) {
    case "Asked":
      return [step("DeviceAsked", `${bound}, so a request needs a valid cookie ${cookieName} too.`)]
    case "Proven":
      return [step("DeviceProven", `${bound}, and the cookie ${cookieName} proves it.`)]
    case "Settling":
      return [step("DeviceSettling", `${bound} for less than deviceBound.graceSeconds, so it needs no proof yet.`)]
    case "Unproven":
      return [
        step(
          "DeviceUnproven",
          `${bound}, and there is no valid cookie ${cookieName}: the cookies are a copy, or the browser could not renew. ${isClosed ? "So the session is closed to this request." : 'With deviceBound.mode "observe" it is used nevertheless.'}`
        )
      ]
    case "Pending":
      return []
    case "Unbound":
    case "Unregistered":
      return isClosed
        ? [
            step(
              "DeviceUnregistered",
              'No device has registered for the session, so deviceBound.unbound: "end" closes it.'
            )
          ]
        : []
    default:
      return verdict satisfies never
  }
}

const step = (rule: ExplainedDeviceRule, text: string): ExplainedDeviceStep => ({ rule, text })
