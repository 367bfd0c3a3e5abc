import { type BrokenStore, type Law, type LawTestSite, laws, testSite } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { lawSiteOf } from "../../../src/testing/laws/memory/memory-site.ts"

/** A site on a store of `brokenStores`. */
export const siteOn = ({ place, stores }: BrokenStore) =>
  place === "client"
    ? testSite({ client: (sound) => stores(sound) })
    : testSite({ userSessions: true, stores: (sound, gate) => stores(sound, (label) => gate.turn(label)) })

/** A site without faults. */
export const sound = (): LawSite => lawSiteOf(testSite({ userSessions: true }))

/** The options of a site that binds sessions to devices. */
export const bindingSite = (mode: "enforce" | "observe" = "enforce") =>
  testSite({ origin: "https://shop.example", auth: { sessionCookie: { secure: true }, deviceBound: { mode } } })

/** A site with some pages replaced. */
export const withPages = (
  change: (site: LawTestSite, pages: LawSite["pages"]) => Partial<LawSite["pages"]>
): LawSite => {
  const site = testSite({ userSessions: true })
  const described = lawSiteOf(site)
  return { ...described, pages: { ...described.pages, ...change(site, described.pages) } }
}

/** One law for a site. */
export const lawOn = (site: Parameters<typeof laws>[0], id: string): Law => {
  const law = laws(site).find((one) => one.id === id)
  if (law === undefined) throw new Error(`no law ${id}`)
  return law
}
