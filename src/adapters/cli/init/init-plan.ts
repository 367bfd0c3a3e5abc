/** What `init` changes in an application: new files, and lines that are added to .env, .gitignore and the server. */
import { editServer, hasAccounts, linesFor } from "./server-edit.ts"
import { type Framework, filesOf, packagesOf, type SessionPlace, serverText } from "./templates.ts"

/** A file after the change. */
export interface FileChange {
  /** Relative to the application's folder. */
  readonly path: string
  /** The text that the file has; `undefined` for a new file. */
  readonly before: string | undefined
  /** The text that it will have: lines are only added. */
  readonly after: string
  /** Whether only the owner may read the file, because it holds a secret. */
  readonly isSecret: boolean
}

export interface InitPlan {
  readonly changes: ReadonlyArray<FileChange>
  /** Files that exist and stay as they are. */
  readonly kept: ReadonlyArray<string>
  /** What the person has to do next, in order. */
  readonly next: ReadonlyArray<string>
}

export interface InitAnswers {
  readonly framework: Framework
  readonly sessions: SessionPlace
  /** The URL of the database. */
  readonly databaseUrl: string
  /** A new secret key. */
  readonly secretKey: string
}

/** @param read the text of a file of the application; `undefined` if there is none */
export const planInit = (answers: InitAnswers, read: (path: string) => string | undefined): InitPlan => {
  const { framework, sessions } = answers
  const source = framework === "next" && !has(read, "app") && has(read, "src/app") ? "src/" : ""
  const server = framework === "next" ? undefined : existingServer(read)
  const edit = framework === "next" || server === undefined ? undefined : serverEdit(framework, server, read)
  const wanted = filesOf(framework, sessions, source).filter(({ path }) => path !== "server.ts" || server === undefined)
  const files = wanted.flatMap(({ path, text }) =>
    read(path) === undefined ? [{ path, before: undefined, after: text, isSecret: false }] : []
  )
  const kept = wanted.map(({ path }) => path).filter((path) => read(path) !== undefined)
  return {
    changes: [...files, ...(edit?.changes ?? []), ...environment(answers, read), ...ignored(read)],
    kept,
    next: [
      ...install(packagesOf(framework, sessions), read),
      ...(framework === "next" || isModule(read) ? [] : ['write "type": "module" in package.json']),
      ...(edit?.next ?? []),
      "npx latchkey migrate",
      "npx latchkey createsuperuser admin",
      framework === "next"
        ? "npx next dev, then open /accounts/login"
        : `node --env-file=.env ${server ?? "server.ts"}, then open /accounts/login`
    ]
  }
}

/** Changes a server that exists where its form is known; otherwise a person does it. */
const serverEdit = (
  framework: Exclude<Framework, "next">,
  path: string,
  read: (path: string) => string | undefined
): Pick<InitPlan, "changes" | "next"> => {
  const before = read(path) ?? ""
  if (hasAccounts(before)) return { changes: [], next: [] }
  const after = editServer(framework, path, before)
  if (after !== undefined) return { changes: [{ path, before, after, isSecret: false }], next: [] }
  const lines = serverText(linesFor(framework, path)).replace(/^(?=.)/gm, "     ")
  return { changes: [], next: [`add to ${path}:\n${lines}`] }
}

/** Whether Node reads the application's `.ts` and `.js` files as ES modules; without package.json it finds out. */
const isModule = (read: (path: string) => string | undefined): boolean =>
  /"type"\s*:\s*"module"/.test(read("package.json") ?? '"type": "module"')

/** Whether the application has a folder: `read` knows files only, and a folder of Next.js has one of these. */
const has = (read: (path: string) => string | undefined, folder: string): boolean =>
  ["layout.tsx", "layout.jsx", "layout.js", "page.tsx", "page.jsx", "page.js"].some(
    (file) => read(`${folder}/${file}`) !== undefined
  )

const servers = ["server", "app", "index", "main"].flatMap((name) =>
  ["", "src/"].flatMap((folder) => [".ts", ".mts", ".js", ".mjs"].map((ending) => `${folder}${name}${ending}`))
)

const existingServer = (read: (path: string) => string | undefined): string | undefined =>
  servers.find((path) => read(path) !== undefined)

/** The variables that no .env file sets yet. */
const environment = (
  { databaseUrl, secretKey, sessions }: InitAnswers,
  read: (path: string) => string | undefined
): ReadonlyArray<FileChange> => {
  const before = read(".env")
  const set = [before, read(".env.local")].join("\n")
  const lines = [
    ["DATABASE_URL", databaseUrl],
    ...(sessions === "redis" ? [["REDIS_URL", "redis://127.0.0.1:6379/0"]] : []),
    ["SECRET_KEY", secretKey],
    ["ALLOWED_HOSTS", "localhost,127.0.0.1"]
  ].flatMap(([name, value]) =>
    new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, "m").test(set) ? [] : `${name}=${value}\n`
  )
  return lines.length === 0 ? [] : [appended(".env", before, lines.join(""), true)]
}

const ignored = (read: (path: string) => string | undefined): ReadonlyArray<FileChange> => {
  const before = read(".gitignore")
  return /^\/?\.env(\*|\.\*)?\s*$/m.test(before ?? "") ? [] : [appended(".gitignore", before, ".env\n", false)]
}

const appended = (path: string, before: string | undefined, lines: string, isSecret: boolean): FileChange => ({
  path,
  before,
  after: (before ?? "") + (before === undefined || before === "" || before.endsWith("\n") ? "" : "\n") + lines,
  isSecret
})

const install = (
  packages: ReadonlyArray<string>,
  read: (path: string) => string | undefined
): ReadonlyArray<string> => {
  const manifest = read("package.json") ?? ""
  const missing = packages.filter((name) => !manifest.includes(`"${name}":`))
  return missing.length === 0 ? [] : [`npm install ${missing.join(" ")}`]
}

/** The changes as a diff for a person. Shows neither the new secret key nor what a secret file holds already. */
export const diffOf = (changes: ReadonlyArray<FileChange>): string =>
  changes
    .map(({ after, before, isSecret, path }) =>
      [
        before === undefined ? `new file ${path}` : `added to ${path}`,
        ...diffLines(before ?? "", after, isSecret ? 0 : CONTEXT).map((line) => line.trimEnd())
      ].join("\n")
    )
    .join("\n\n")

/** How many lines before and after an added one are shown. */
const CONTEXT = 2

/** Lines are only added, so the earlier text is what is left without them. */
const diffLines = (before: string, after: string, context: number): ReadonlyArray<string> => {
  const earlier = textLines(before)
  let at = 0
  const lines = textLines(after).map((line) => {
    const isAdded = line !== earlier[at]
    if (!isAdded) at += 1
    return { isAdded, line }
  })
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ isAdded }) => isAdded)
  return lines.flatMap(({ isAdded, line }, index) => {
    if (isAdded) return [`+ ${line.replace(/^(SECRET_KEY=).*/, "$1(64 random characters)")}`]
    if (isNear(index)) return [`  ${line}`]
    return index > 0 && isNear(index - 1) && context > 0 ? ["  …"] : []
  })
}

const textLines = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.replace(/\n$/, "").split("\n"))
