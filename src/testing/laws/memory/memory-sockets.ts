/** The sockets of a site in memory, for the laws. */
import { headOf } from "../../site/force-login.ts"
import type { LawSockets } from "../law-parts.ts"
import type { MemoryAuth } from "./memory-pages.ts"

/** Sockets without a network, which `onSessionEnd` closes. */
export const socketsOf = (auth: () => MemoryAuth): LawSockets => {
  const [everySeconds, graceSeconds] = [0.05, 0.3]
  return {
    endsWithinSeconds: everySeconds,
    unverifiedSeconds: graceSeconds,
    open: async (browser) => {
      const user = await auth().reader(headOf(browser)).getUser()
      if (user === undefined) return { isOpen: () => false, close: () => {} }
      let isOpen = true
      const close = () => {
        isOpen = false
      }
      const stop = auth().onSessionEnd(headOf(browser), close, { everySeconds, graceSeconds, onOutage: () => {} })
      return {
        isOpen: () => isOpen,
        close: () => {
          close()
          stop()
        }
      }
    }
  }
}
