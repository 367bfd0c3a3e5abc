/**
 * The tests that every HTTP adapter must pass. Each adapter's own test runs it:
 *
 * ```ts
 * httpAdapterContract({ name: "node", serve: async (auth, handler, options) => { … } })
 * ```
 */
import { afterAll, beforeAll, describe, it } from "vitest"
import { recordCases } from "../../corpus/recording.ts"
import type { HttpAdapter } from "./contract/adapter.ts"
import { chapters } from "./contract/chapters.ts"
import { tried } from "./contract/clause.ts"
import { type Site, startSite } from "./contract/site.ts"

export type {
  Ability,
  AskedFor,
  ContractAuth,
  ContractContext,
  ContractOptions,
  Handler,
  HttpAdapter,
  Reply,
  Served
} from "./contract/adapter.ts"

export const httpAdapterContract = (adapter: HttpAdapter): void => {
  const cases = recordCases()
  describe.each([...chapters])(`${adapter.name}: $title`, ({ clauses, site: options }) => {
    let site: Site
    beforeAll(async () => {
      site = await startSite(adapter, options)
    })
    afterAll(() => site?.close())

    for (const clause of clauses) {
      const reason = clause.needs === undefined ? undefined : adapter.without?.[clause.needs]
      if (clause.sends !== undefined) {
        cases.each("adapters", [{ id: clause.sends }])(clause.sentence, () => tried(site, clause))
        continue
      }
      const sentence = reason === undefined ? clause.sentence : `${clause.sentence} (not here: ${reason})`
      it.skipIf(reason !== undefined)(sentence, () => tried(site, clause))
    }
  })

  describe(adapter.name, () => cases.isComplete("adapters"))
}
