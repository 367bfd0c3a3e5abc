/**
 * Writes JSON texts of the same meaning as the same text: no white space, one form for strings, members and numbers
 * unchanged.
 */

const TOKEN = /[\s]*([[\]{}:,]|"(?:[^"\\]|\\.)*"|true|false|null|-?\d[\d.eE+-]*)/gy

export interface Rewriting {
  /** Replaces the text value of a member, for example one that differs from run to run. */
  readonly member: (key: string, value: string) => string
  readonly number: (text: string) => string
}

/**
 * @param text valid JSON
 * @throws {SyntaxError} when `text` is not JSON
 */
export const canonicalJson = (text: string, { member, number }: Rewriting): string => {
  JSON.parse(text)
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token)
  let at = 0
  const next = (): string => tokens[at++] ?? ""
  const list = (end: string, item: () => void): void => {
    if (tokens[at] === end) {
      at++
      return
    }
    do item()
    while (next() !== end)
  }
  const value = (): string => {
    const token = next()
    if (token === "[") {
      const items: Array<string> = []
      list("]", () => items.push(value()))
      return `[${items.join(",")}]`
    }
    if (token === "{") {
      // When a member's name repeats, the last value counts, at the position of the first.
      const members = new Map<string, string>()
      list("}", () => {
        const key = string(next())
        next()
        const isText = tokens[at]?.startsWith('"') === true
        const plain = value()
        members.set(key, isText ? JSON.stringify(member(JSON.parse(key), JSON.parse(plain))) : plain)
      })
      return `{${Array.from(members, ([key, plain]) => `${key}:${plain}`).join(",")}}`
    }
    if (token.startsWith('"')) return string(token)
    return /^[-\d]/.test(token) ? number(token) : token
  }
  return value()
}

const string = (token: string): string => JSON.stringify(JSON.parse(token))
