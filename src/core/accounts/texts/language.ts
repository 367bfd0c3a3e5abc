/** Which of the languages of a site a client gets. */

/** Longer headers are cut: a browser sends at most a few hundred characters. */
const longestHeader = 1000

/**
 * The language that `Accept-Language` prefers: of the ranges with the highest quality, the first one that is a language
 * of the site, or whose beginning is (`de-AT` gets `de`), or that is the beginning of one (`pt` gets `pt-BR`).
 *
 * @param languages the tags of the site's languages; the first one is the default
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 */
export const chooseLanguage = (
  acceptLanguage: string | undefined,
  languages: readonly [string, ...string[]]
): string => {
  const ranges = (acceptLanguage ?? "")
    .slice(0, longestHeader)
    .split(",")
    .flatMap((range) => parseRange(range) ?? [])
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
  for (const { tag } of ranges) {
    const found = tag === "*" ? languages[0] : lookUp(tag, languages)
    if (found !== undefined) return found
  }
  return languages[0]
}

const parseRange = (range: string): { readonly tag: string; readonly quality: number } | undefined => {
  const [, tag, quality = "1"] =
    /^[ \t]*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]*$/i.exec(
      range
    ) ?? []
  return tag === undefined ? undefined : { tag: tag.toLowerCase(), quality: Number(quality) }
}

const lookUp = (tag: string, languages: ReadonlyArray<string>): string | undefined => {
  const parts = tag.split("-")
  for (let length = parts.length; length > 0; length--) {
    const prefix = parts.slice(0, length).join("-")
    const found = languages.find((language) => language.toLowerCase() === prefix)
    if (found !== undefined) return found
  }
  return languages.find((language) => language.toLowerCase().startsWith(`${tag}-`))
}
