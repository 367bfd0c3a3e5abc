/** An application in its own folder, outside this repository, with the package installed by npm. */
import { execFile } from "node:child_process"
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Child, start } from "../rig/child.ts"
import { fastFolder, GIGABYTE } from "../rig/fast-folder.ts"
import { root } from "./packed.ts"

/** Exact versions by name. */
export type Versions = Readonly<Record<string, string>>

/** The versions of packages in a package-lock.json of this repository. */
export const locked = (lock: string, names: ReadonlyArray<string>): Versions => {
  const { packages } = JSON.parse(readFileSync(join(root, lock), "utf8"))
  return Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`].version]))
}

type Environment = Readonly<Record<string, string | undefined>>

export interface Application {
  readonly folder: string
  /** Whether a package is installed. */
  readonly has: (name: string) => boolean
  /** Writes a file of the application. */
  readonly write: (file: string, text: string) => void
  /** Changes a file of the application, and renames it when another name is given. */
  readonly edit: (file: string, change: (text: string) => string, as?: string) => void
  /** Copies files into the application's folder, under the paths that they have in a folder of this repository. */
  readonly copy: (from: string) => void
  /** Runs a program of a package on Node. @returns its output; rejects, with the output, when it fails */
  readonly run: (program: string, ...args: ReadonlyArray<string>) => Promise<string>
  /** Starts a program of the application or of a package on Node. */
  readonly start: (program: string, ...args: ReadonlyArray<string>) => Child
  /** Starts a platform-specific program of a package. @param pattern of its file in node_modules */
  readonly command: (pattern: string, ...args: ReadonlyArray<string>) => Child
  /** `run` and `start` with further environment variables; `undefined` removes one. */
  readonly under: (env: Environment) => Pick<Application, "run" | "start">
  readonly remove: () => void
}

/** Removes the variables that vitest sets. */
const usual: Environment = {
  NODE_ENV: undefined,
  NEXT_TELEMETRY_DISABLED: "1",
  ASTRO_TELEMETRY_DISABLED: "1",
  SECRET_KEY: "installed-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
}

/** A new folder for an application: one of Next has tens of thousands of files. */
export const applicationFolder = (name: string): string => fastFolder(`app-${name}`, 8 * GIGABYTE)

const apps = join(import.meta.dirname, "apps")
const quickly = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"]

/**
 * @param name of the folder in `apps` that it is a copy of
 * @param packages to install in addition
 */
export const install = async (name: string, tarball: string, packages: Versions): Promise<Application> => {
  const folder = copied(name, [name])
  const dependencies = { latchkey: `file:${tarball}`, ...packages }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module", dependencies }))
  await run(folder, "npm", ["install", ...quickly])
  return applicationIn(folder)
}

/**
 * An application whose own package-lock.json names all packages that it needs besides this one. This package is
 * unpacked where npm would put it.
 *
 * @param name of the folder in `apps` that it is a copy of
 * @param others the folders in `apps` whose files are copied too
 */
export const installLocked = async (
  name: string,
  tarball: string,
  others: ReadonlyArray<string> = ["shared"]
): Promise<Application> => {
  const folder = copied(name, [...others, name])
  await run(folder, "npm", ["ci", ...quickly])
  const unpacked = join(folder, "node_modules", "latchkey")
  mkdirSync(unpacked)
  await run(folder, "tar", ["-xzf", tarball, "--strip-components=1", "-C", unpacked])
  return applicationIn(folder)
}

const copied = (name: string, sources: ReadonlyArray<string>): string => {
  const folder = applicationFolder(name)
  for (const source of sources) cpSync(join(apps, source), folder, { recursive: true })
  return folder
}

const run = async (
  folder: string,
  command: string,
  args: ReadonlyArray<string>,
  env: Environment = {}
): Promise<string> => {
  try {
    const options = { cwd: folder, env: { ...process.env, ...usual, ...env }, maxBuffer: 2 ** 24 }
    return (await promisify(execFile)(command, [...args], options)).stdout
  } catch (error) {
    const { stderr, stdout } = Object(error)
    throw new Error(`${command} ${args.join(" ")}\n${stdout}\n${stderr}`, { cause: error })
  }
}

const applicationIn = (folder: string): Application => {
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  const under = (env: Environment): Pick<Application, "run" | "start"> => ({
    run: (program, ...args) => run(folder, process.execPath, [program, ...args], env),
    start: (program, ...args) => start(process.execPath, [program, ...args], { cwd: folder, env: { ...usual, ...env } })
  })
  return {
    folder,
    write,
    edit: (file, change, as = file) => {
      const before = readFileSync(join(folder, file), "utf8")
      rmSync(join(folder, file))
      write(as, change(before))
    },
    copy: (from) => cpSync(join(root, from), folder, { recursive: true }),
    has: (installed) => existsSync(join(folder, "node_modules", installed)),
    command: (pattern, ...args) => {
      const [program] = globSync(join(folder, "node_modules", pattern))
      if (program === undefined) throw new Error(`no package has brought ${pattern}`)
      return start(program, args, { cwd: folder, env: usual })
    },
    ...under({}),
    under,
    remove: () => rmSync(folder, { recursive: true })
  }
}
