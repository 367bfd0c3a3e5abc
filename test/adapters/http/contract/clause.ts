/** A clause of the contract: a complete sentence, and its test. */
import { expect } from "vitest"
import type { Ability } from "./adapter.ts"
import type { Site, SiteOptions } from "./site.ts"

export interface Clause {
  readonly sentence: string
  /** Only for adapters that can do this. */
  readonly needs?: Ability
  /** The case of the corpus that it sends. */
  readonly sends?: string
  /** Throws if the clause does not hold. */
  readonly holds: (site: Site) => Promise<void>
}

/** Clauses about one subject, tested on one site. */
export interface Chapter {
  readonly title: string
  readonly site?: SiteOptions
  readonly clauses: ReadonlyArray<Clause>
}

export const clause = (sentence: string, holds: Clause["holds"], needs?: Ability): Clause =>
  needs === undefined ? { sentence, holds } : { sentence, holds, needs }

/** A clause that sends a case of the corpus. @param check what else is checked */
export const sending = (id: string, { holds, sentence }: Clause, check = () => {}): Clause => ({
  sentence: `${sentence} (${id})`,
  holds: async (site) => {
    await holds(site)
    check()
  },
  sends: id
})

/** Tests a clause on a site that earlier clauses have used. */
export const tried = async (site: Site, { holds }: Clause): Promise<void> => {
  site.stores.heal()
  site.told()
  await holds(site)
  expect(site.told(), "reported").toEqual([])
}
