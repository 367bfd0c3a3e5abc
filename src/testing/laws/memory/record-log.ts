/** Records what a site in memory tells its operators. */
import { inspect } from "node:util"
import type { MemoryAuth } from "./memory-pages.ts"

const channels = ["debug", "error", "info", "log", "warn"] as const
const signals = ["user_logged_in", "user_logged_out", "user_login_failed"] as const

const textOf = (value: unknown): string => `${inspect(value, { depth: 10 })} ${JSON.stringify(value) ?? ""}`

/**
 * Runs requests. Returns what was meanwhile written to the console, told to receivers of signals and thrown, as it is
 * printed and as JSON. Meanwhile the console prints nothing.
 *
 * @param errors gets the errors that pages throw
 */
export const recordLog = async (
  auth: MemoryAuth,
  errors: Array<unknown>,
  requests: () => Promise<void>
): Promise<string> => {
  const told: Array<unknown> = []
  errors.length = 0
  const ends = [
    ...signals.flatMap((signal) =>
      (["during", "committed"] as const).map((when) =>
        auth.on(signal, (announcement) => void told.push(announcement), { when })
      )
    ),
    ...channels.map((channel) => {
      const print = console[channel]
      console[channel] = (...values: ReadonlyArray<unknown>) => void told.push(...values)
      return () => {
        console[channel] = print
      }
    })
  ]
  try {
    await requests()
  } finally {
    for (const end of ends) end()
  }
  return [...told, ...errors].map(textOf).join("\n")
}
