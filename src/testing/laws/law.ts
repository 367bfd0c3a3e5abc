import type { Checked } from "./law-broken.ts"
import type { LawPages } from "./law-pages.ts"
import type { LawRun } from "./law-run.ts"
import type { LawSite } from "./law-site.ts"

/** What a site has to have for a law to be checked: pages, or other parts of a `LawSite`. */
export type Need =
  | `pages.${Exclude<keyof LawPages, "visit" | "login" | "logout">}`
  | "clock.setBack"
  | `permission.${"grant" | "deny" | "objectPage"}`
  | Exclude<keyof LawSite, "reset" | "browser" | "cookie" | "users" | "pages" | "user" | "incomplete" | "patience">

/** A law as it is written down, for any site. */
export interface LawText {
  /** A name in kebab case. */
  readonly id: string
  /** The law, as a sentence. */
  readonly title: string
  /** The attack or the failure that the law prevents. */
  readonly why: string
  /** What the site has to have. On a site without it the law is skipped. */
  readonly needs: ReadonlyArray<Need>
  /** Planted faults that the law finds: names of `brokenStores`, and faults of whole sites. */
  readonly finds: ReadonlyArray<string>
  /** Checks every situation. @throws {LawBroken} */
  readonly holds: (run: LawRun) => Promise<void>
}

/** A law for one site. */
export interface Law extends Omit<LawText, "holds"> {
  /** Why the law is not checked on this site; `undefined`: it is checked. */
  readonly skipped: string | undefined
  /**
   * Checks the law. A skipped law checks nothing, and its `title` says so.
   *
   * @throws {LawBroken} with the story, if the site breaks the law
   */
  readonly check: () => Promise<Checked>
}
