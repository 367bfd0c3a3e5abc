/** What `init` changes in an application: new files, and lines that are added to .env and .gitignore. */
import { type Framework, filesOf, packagesOf, type SessionPlace, serverLines } from "./templates.ts"

/** A file after the change. */
export interface FileChange {
  /** Relative to the application's folder. */
  readonly path: string
  /** The text that the file has; `undefined` for a new file. */
  readonly before: string | undefined
  /** The text that is added at the end; all of a new file. */
  readonly added: string
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
  const wanted = filesOf(framework, sessions, source).filter(({ path }) => path !== "server.ts" || server === undefined)
  const files = wanted.flatMap(({ path, text }) =>
    read(path) === undefined ? [{ path, before: undefined, added: text, isSecret: false }] : []
  )
  const kept = wanted.map(({ path }) => path).filter((path) => read(path) !== undefined)
  return {
    changes: [...files, ...environment(answers, read), ...ignored(read)],
    kept,
    next: [
      ...install(packagesOf(framework, sessions), read),
      ...(framework === "next" || isModule(read) ? [] : ['write "type": "module" in package.json']),
      ...(server === undefined ? [] : [`add to ${server}:\n${serverLines(framework).replace(/^/gm, "     ")}`]),
      "npx latchkey migrate",
      "npx latchkey createsuperuser admin",
      framework === "next"
        ? "npx next dev, then open /accounts/login"
        : `node --env-file=.env ${server ?? "server.ts"}, then open /accounts/login`
    ]
  }
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
  added: (before === undefined || before === "" || before.endsWith("\n") ? "" : "\n") + lines,
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

/** The changes as a diff for a person. The secret key is not shown. */
export const diffOf = (changes: ReadonlyArray<FileChange>): string =>
  changes
    .map(({ added, before, path }) =>
      [
        before === undefined ? `new file ${path}` : `added to ${path}`,
        ...added
          .replace(/^(SECRET_KEY=).*$/m, "$1(64 random characters)")
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => `+ ${line}`.trimEnd())
      ].join("\n")
    )
    .join("\n\n")
