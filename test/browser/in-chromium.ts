/**
 * The tests of an example in a real browser share their set-up. Each example has test files for each subject, with
 * JavaScript and without, so that they run in parallel.
 */
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe } from "vitest"
import type { Service } from "../rig/services.ts"
import { launch, visitor } from "./chromium.ts"
import { type Example, type RunningExample, run } from "./examples.ts"

export interface InChromium {
  readonly site: () => RunningExample
  /** A new visitor: a window with its own cookies. */
  readonly arrives: () => Promise<Page>
}

export interface BrowserSettings {
  readonly javaScriptEnabled: boolean
}

/** @param subject what the tests are about; a part of their names */
export const describeInChromium = (
  subject: string,
  example: Example,
  needs: ReadonlyArray<Service>,
  { javaScriptEnabled }: BrowserSettings,
  tests: (chromium: InChromium) => void
): void => {
  describe.skipIf(![example, ...needs].every(({ available }) => available))(
    `examples/${example.name}, ${subject}, in Chromium ${javaScriptEnabled ? "with" : "without"} JavaScript`,
    () => {
      let browser: Browser
      let site: RunningExample

      beforeAll(async () => {
        ;[browser, site] = await Promise.all([launch(), run(example)])
      })
      afterEach(async () => {
        await Promise.all(browser.contexts().map((context) => context.close()))
      })
      afterAll(async () => {
        await browser?.close()
        await site?.stop()
      })

      tests({ site: () => site, arrives: () => visitor(browser, site, { javaScriptEnabled }) })
    }
  )
}
