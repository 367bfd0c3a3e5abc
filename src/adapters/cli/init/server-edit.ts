/**
 * Adds latchkey to a server file that exists. Only a file of a known form is changed, and lines are only added to it:
 * it must be an ES module that makes one application at its top level, and whose body parsers follow that line.
 */
import { type Framework, type ServerLines, serverLines } from "./templates.ts"

type ServerFramework = Exclude<Framework, "next">

/** The application's folder: where `auth.ts` is, seen from the server file. */
const authFrom = (path: string): string => (path.includes("/") ? "../auth.ts" : "./auth.ts")

export const linesFor = (framework: ServerFramework, path: string): ServerLines =>
  serverLines(framework, authFrom(path), /\.m?ts$/.test(path))

/** Whether the account pages are in this file already. */
export const hasAccounts = (text: string): boolean => /["']latchkey\/\w+\/accounts["']/.test(text)

const moduleOf = { koa: "koa", express: "express" } as const
const made = { koa: /^(?:const|let) app = new Koa\(.*\);?$/, express: /^(?:const|let) app = express\(\);?$/ } as const

/** Lines after the application is made that must stay before latchkey: settings, body parsers, static files. */
const before = {
  koa: /^(?:app\.(?:proxy|keys) = .*|app\.use\((?:bodyParser|koaBody|serve)\(.*\)\));?(?: \/\/.*)?$/,
  express:
    /^app\.(?:(?:set|enable|disable)\(.*\)|use\((?:express|bodyParser)\.(?:json|urlencoded|text|raw|static)\(.*\)\));?(?: \/\/.*)?$/
} as const

const parser = /bodyParser|koaBody|koa-body|urlencoded|express\.json/

/** @returns the text with latchkey; `undefined` if the file does not have the known form */
export const editServer = (framework: ServerFramework, path: string, text: string): string | undefined => {
  const lines = text.split("\n")
  const only = (pattern: RegExp): number => {
    const [first = -1, ...more] = lines.flatMap((line, index) => (pattern.test(line) ? [index] : []))
    return more.length > 0 ? -1 : first
  }
  const imported = only(new RegExp(`^import (?!type ).*\\bfrom ["']${moduleOf[framework]}["'];?$`))
  const app = only(made[framework])
  const listen = only(/^(?:(?:const|let) \w+ = )?app\.listen\(/)
  if (text.includes("\r") || text.includes("latchkey") || imported < 0 || app < imported || listen < app)
    return undefined

  let last = app
  for (let at = app + 1; at < listen; at++) {
    const line = lines[at] ?? ""
    if (before[framework].test(line)) last = at
    else if (!/^\s*(?:\/\/.*)?$/.test(line)) break
  }
  const rest = lines.slice(last + 1)
  const afterListen = lines.slice(listen + 1)
  // A body parser or a page in another place: a person has to decide about the order.
  if (rest.some((line) => parser.test(line)) || afterListen.some((line) => /^app\./.test(line))) return undefined

  const isTerminated = /;$/.test(lines[app] ?? "")
  const written = (added: ReadonlyArray<string>): ReadonlyArray<string> =>
    isTerminated ? added.map(terminated) : added
  const { imports, last: end, middleware, types } = linesFor(framework, path)
  return [
    ...lines.slice(0, imported + 1),
    ...written(imports),
    ...lines.slice(imported + 1, app),
    ...(types.length === 0 ? [] : [...types, ""]),
    ...lines.slice(app, last + 1),
    ...written(middleware),
    ...lines.slice(last + 1, listen),
    ...written(end),
    ...lines.slice(listen)
  ].join("\n")
}

/** A statement with a semicolon, before its comment. */
const terminated = (line: string): string => line.replace(/\s*(?= \/\/)|$/, ";")
