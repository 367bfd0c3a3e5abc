/** Where the source of the PostgreSQL stores prepares statements, and what the server logs of them. */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../../../../src/adapters/store/postgres", import.meta.url))

/** A file in `src/adapters/store/postgres`, line and column. */
export type Place = `${string}:${number}:${number}`

/** The caller of the function that makes the error. */
export const placeOfCaller = ({ stack = "" }: Error): Place | undefined => {
  const [, file, line, column] =
    /src\/adapters\/store\/postgres\/(.+):(\d+):(\d+)/.exec(stack.split("\n")[2] ?? "") ?? []
  return file === undefined ? undefined : `${file}:${Number(line)}:${Number(column)}`
}

/** Where the source has a text, except in comments. */
export const placesOf = (text: RegExp): ReadonlyArray<Place> =>
  globSync("**/*.ts", { cwd: folder }).flatMap((file) =>
    readFileSync(`${folder}/${file}`, "utf8")
      .split("\n")
      .flatMap((line, at) =>
        /^\s*(\/?\*|\/\/)/.test(line)
          ? []
          : Array.from(line.matchAll(text), ({ index }): Place => `${file}:${at + 1}:${index + 1}`)
      )
  )

/** @param text with `?` for each parameter, as `prepare` gets it */
export const asLogged = (text: string): string =>
  text
    .split("?")
    .reduce((before, after, at) => `${before}$${at}${after}`)
    .replace(/\s+/g, " ")
    .trim()
