/** The promises of throttle stores, registered with the test runner; and processes that count together. */
import { join } from "node:path"
import { expect, it } from "vitest"
import type { ThrottleStore } from "../../../src/adapters/ports/throttle-store.ts"
import { type ThrottlePromisesOptions, throttlePromises } from "../../../src/testing/index.ts"
import { start } from "../../rig/child.ts"

/** Registers one test for each promise. None of them may be skipped. */
export const throttleStoreContract = (
  name: string,
  make: () => ThrottleStore | Promise<ThrottleStore>,
  options: ThrottlePromisesOptions
): void => {
  it.each(throttlePromises(make, options))(`${name}: $title`, async ({ check, skipped }) => {
    expect(skipped).toBeUndefined()
    await check()
  })
}

/** Attempts of several processes at the same time with one key, of which so many are free. @returns how many were taken */
export const takenByProcesses = async (
  store: "postgres" | "redis" | "cluster",
  url: string,
  { attempts, free, processes }: { readonly attempts: number; readonly free: number; readonly processes: number }
): Promise<number> => {
  const key = `account:${crypto.randomUUID()}`
  const file = join(import.meta.dirname, "attempting-process.ts")
  const children = Array.from({ length: processes }, () =>
    start(process.execPath, [file, store, url, key, String(attempts), String(free)])
  )
  for (const child of children) await child.printed(/ready/)
  const taken = await Promise.all(children.map(async (child) => Number((await child.printed(/took (\d+)/))[1])))
  for (const child of children) expect(await child.ended).toBe(0)
  return taken.reduce((all, one) => all + one, 0)
}
