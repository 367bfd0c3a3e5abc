/**
 * The target of a request, spelled in the one way that Next looks for: Next compares paths before it decodes them,
 * answers 500 to one that cannot be decoded, and redirects from one with two slashes in a row to one without. With this
 * a path is what it says, as everywhere else, and most of these are not found.
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
