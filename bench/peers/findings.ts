/** Compares what the laws found with docs/peers.md: its list of versions, its table, and its stories. */
import { readFileSync } from "node:fs"

/** What a law found on one library. */
export interface Finding {
  readonly library: string
  readonly law: string
  /** `–`: the site lacks what the law needs. `error`: the site could not be checked. */
  readonly verdict: "holds" | "broken" | "–" | "error"
  /** For a broken law, its message. */
  readonly story: string
}

/** A whole run covers every library and law; a page that names others was not changed with the laws. */
export const differences = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> => {
  const page = readFileSync(new URL("../../docs/peers.md", import.meta.url), "utf8")
  return [...versionDifferences(page), ...tableDifferences(page, findings), ...storyDifferences(page, findings)]
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8")

/** The packages of the sites whose version on the page is another one than that which is installed. */
export const versionDifferences = (page: string): ReadonlyArray<string> => {
  const { dependencies } = JSON.parse(read("package.json"))
  const sites = ["sites.ts", "auth-js.ts", "laws.ts"].map(read).join("\n")
  return Object.entries<string>(dependencies).flatMap(([name, version]) => {
    if (!sites.includes(`from "${name}`)) return [] // only compared for speed
    const written = new RegExp(`${name.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")}\`? (\\d[\\d.]*\\d)`).exec(page)?.[1]
    return written === version ? [] : [`${name} is ${version}; the page says ${written ?? "nothing"}`]
  })
}

/** The words of the table's cells, without the numbers of remarks. The first row is the head, the second a line. */
export const rowsOn = (page: string): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from(page.matchAll(/^\|(.*)\|$/gm), ([, row = ""]) =>
    row.split("|").map((cell) => cell.replace(/ \([\d, ]+\)/, "").trim())
  )

const tableDifferences = (page: string, findings: ReadonlyArray<Finding>): ReadonlyArray<string> => {
  const [[, ...libraries] = [], , ...rows] = rowsOn(page)
  const written = new Map(
    rows.flatMap(([law = "", ...cells]) =>
      cells.map((cell, at): [string, string] => [`${law} on ${libraries[at]}`, cell])
    )
  )
  const changed = findings.flatMap(({ law, library, story, verdict }) => {
    const place = `${law} on ${library}`
    const before = written.get(place)
    written.delete(place)
    // A law that can be checked on no library has no row.
    if (before === verdict || (before === undefined && verdict === "–")) return []
    return [`${place}: ${verdict}; the table says ${before ?? "nothing"}\n  ${story}`]
  })
  return [...changed, ...[...written.keys()].map((place) => `${place}: it is in the table, and was not checked`)]
}

/** The stories on the page: ```text LIBRARY: LAW. How many orders fail is not part of them. */
const storyDifferences = (page: string, findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  Array.from(page.matchAll(/^```text (.+): (\S+)\n([\s\S]*?)\n```$/gm)).flatMap(([, library, law, written]) => {
    const found = findings.find((one) => one.library === library && one.law === law)
    const story = found?.story.replace(/; \d+ of \d+ orders? fails?\.[^\n]*$/, "")
    return story === written ? [] : [`the story of ${law} on ${library} is now:\n${story ?? "none"}`]
  })
