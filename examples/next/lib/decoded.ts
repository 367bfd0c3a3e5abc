/**
 * A request's target in the spelling that Next's router expects. Next compares paths before it decodes them, answers
 * 500 if a path cannot be decoded, and redirects a path with two slashes in a row. With this spelling, paths work as in the
 * other examples, and most of these requests get a 404.
 */
export const decoded = (target: string): string => {
  const [, path = "", query = ""] = /^(?:https?:\/\/[^/?#]*)?([^?]*)(.*)$/is.exec(target) ?? []
  if (!/%|\/\//.test(path)) return path + query
  return (
    textOf(path)
      .split("/")
      .map(encodeURIComponent)
      .join("/")
      .replaceAll(/(?<=\/)\//g, "%2F") + query
  )
}

const textOf = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
