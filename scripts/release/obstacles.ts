/** What stops a release: a text that the owner still has to replace, or a change log without the version. */

export interface Release {
  /** The content of package.json. */
  readonly manifest: Readonly<Record<string, unknown>>
  readonly readme: string
  readonly security: string
  readonly changelog: string
}

/** One sentence per obstacle, which says what to do. Empty when the package can be published. */
export const obstacles = (release: Release): ReadonlyArray<string> => [
  ...placeholders(release),
  ...unreachableLinks(release),
  ...missingVersion(release)
]

/** The fields that npm shows, each with what belongs there. */
const fields: Readonly<Record<string, string>> = {
  author: "the name of the author or authors",
  homepage: "the address of the page that describes the project",
  "repository.url": "the address of the Git repository, such as git+https://github.com/<owner>/<repository>.git",
  "bugs.url": "the address where users report faults",
  "bugs.email": "the address where users report vulnerabilities; SECURITY.md names the same one"
}

/** RFC 2606 reserves `.example`: no such host exists, so an address there is a placeholder. */
const isPlaceholder = (text: string): boolean => /[@.]([\w-]+\.)*example\b|\/\/example\b/i.test(text)

const addressesIn = (text: string): ReadonlyArray<string> => text.match(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g) ?? []

const valueAt = (manifest: Readonly<Record<string, unknown>>, path: string): unknown =>
  path.split(".").reduce<unknown>((value, name) => Object(value)[name], manifest)

const placeholders = ({ manifest, security }: Release): ReadonlyArray<string> => [
  ...Object.entries(fields).flatMap(([path, content]) => {
    const value = valueAt(manifest, path)
    if (typeof value !== "string" || value === "") return [`package.json has no "${path}": set it to ${content}.`]
    return isPlaceholder(value)
      ? [`package.json, "${path}": ${JSON.stringify(value)} is a placeholder. Replace it by ${content}.`]
      : []
  }),
  ...addressesIn(security)
    .filter(isPlaceholder)
    .map((address) => `SECURITY.md: ${address} is a placeholder. Replace it by "bugs.email" of package.json.`)
]

/** npm makes relative links absolute for repositories on GitHub only. */
const unreachableLinks = ({ manifest, readme }: Release): ReadonlyArray<string> => {
  const url = valueAt(manifest, "repository.url")
  if (typeof url !== "string" || isPlaceholder(url) || /(?:^|[/@.])github\.com[/:]/.test(url)) return []
  const relative = Array.from(readme.matchAll(/\]\((?![a-z]+:|#)([^)]+)\)/g), ([, target = ""]) => target)
  return relative.length === 0
    ? []
    : [
        `README.md has relative links (${relative[0]} is the first). npm resolves them for repositories on GitHub only: ` +
          `write them as absolute addresses in ${url}.`
      ]
}

const missingVersion = ({ changelog, manifest }: Release): ReadonlyArray<string> =>
  changelog.split("\n").some((line) => line.startsWith(`## ${manifest["version"]} (`))
    ? []
    : [`CHANGELOG.md has no section for ${manifest["version"]}: run "npm version" first, which makes it.`]
