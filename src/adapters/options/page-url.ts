import { isPageUrl } from "../../core/http/urls/redirect-location.ts"

/**
 * The problem with a setting that is the URL of a page. A browser resolves `login` against the path of the page that it
 * shows; in Django, `login` may be the name of a URL.
 *
 * @param url `undefined` if the setting is left out
 * @param example a path
 */
export const pageUrlProblems = (setting: string, url: string | undefined, example: string): ReadonlyArray<string> =>
  url === undefined || isPageUrl(url)
    ? []
    : [`${setting} is not a path that begins with "/", nor the URL of a page; write one such as "${example}"`]
