/** Reads standard input that is a pipe or a file. */
import * as Effect from "effect/Effect"
import { call, usage } from "../command-failed.ts"

/** A password has at most 4096 bytes; more than this is a wrong file. */
const maximumBytes = 16 * 1024

/** One line without its end. Fails for no line, for several, and for bytes that are not UTF-8. */
export const readPassword = Effect.suspend(() =>
  call(async () => {
    const bytes = await readAll(maximumBytes)
    if (bytes.length > maximumBytes) throw usage("standard input is too long for a password")
    const text = utf8(bytes)
    const password = text.replace(/\r?\n$/, "")
    if (password === "")
      throw usage(
        "standard input is empty: pipe the password into the command, or run it in a terminal to be asked for it"
      )
    if (/[\r\n]/.test(password)) throw usage("standard input has more than one line: write the password on one line")
    return password
  })
)

/** All of standard input as text, at most {@link maximumTextBytes}. */
export const readAllText = Effect.suspend(() =>
  call(async () => {
    const bytes = await readAll(maximumTextBytes)
    if (bytes.length > maximumTextBytes) throw usage("standard input is too long")
    return utf8(bytes)
  })
)

/** The text of a large session has some megabytes. */
const maximumTextBytes = 64 * 1024 * 1024

/** Standard input, and a little more than `maximum` if it is longer. */
const readAll = async (maximum: number): Promise<Buffer> => {
  const parts: Array<Buffer> = []
  let length = 0
  for await (const part of process.stdin) {
    parts.push(part)
    length += part.length
    if (length > maximum) break
  }
  return Buffer.concat(parts)
}

const utf8 = (bytes: Buffer): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw usage("standard input is not UTF-8")
  }
}
