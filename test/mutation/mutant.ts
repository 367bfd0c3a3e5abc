/** Faults that are put into a copy of the source in memory, one at a time, to check that a test fails. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"

export interface Mutant {
  /** What the faulty program does. */
  readonly name: string
  /** Text that occurs in exactly one place in the mutated folders; the amount of white space does not matter. */
  readonly was: string
  readonly becomes: string
  /** Why the fault cannot be observed. Then no test may fail on it. */
  readonly equivalent?: string
  /** Why neither a law nor the explorer can find a fault of the core, and which other tests do. */
  readonly beyondLaws?: string
  /** The files of tests with services that have to find it. Not given: tests that start no process find it. */
  readonly tests?: ReadonlyArray<string>
}

const root = join(import.meta.dirname, "..", "..")

/** Folders whose files are mutated. */
const folders = [
  "src/core",
  "src/adapters/account",
  "src/adapters/api",
  "src/adapters/ports",
  "src/adapters/request",
  "src/adapters/store-time",
  "src/adapters/store/memory"
]

/** Files of other folders that are mutated. */
const files = [
  "src/adapters/store/batched.ts",
  "src/adapters/store/postgres/connection/client.ts",
  "src/adapters/store/postgres/connection/postgres-connection.ts",
  "src/adapters/store/postgres/sessions/postgres-sessions.ts",
  "src/adapters/store/postgres/sessions/session-statements.ts",
  "src/adapters/store/postgres/users/free-address.ts",
  "src/adapters/store/postgres/throttle/throttle-statements.ts",
  "src/adapters/store/redis/connection/redis-connection.ts",
  "src/adapters/store/redis/connection/servers.ts",
  "src/adapters/store/redis/scripts/throttle-scripts.ts"
]

/** The place of a mutant's text. */
export interface Place {
  /** Relative to the root of the repository, with slashes. */
  readonly file: string
  readonly source: string
}

const sources: ReadonlyArray<Place> = [
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) =>
        relative(root, join(root, folder, name))
          .split(sep)
          .join("/")
      )
  ),
  ...files
].map((file) => ({ file, source: readFileSync(join(root, file), "utf8") }))

const patternOf = (was: string): RegExp =>
  new RegExp(
    was
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("\\s+"),
    "g"
  )

/** The files that contain the text; a file appears once for each occurrence. */
export const placesOf = ({ was }: Mutant): ReadonlyArray<Place> =>
  sources.flatMap((place) => Array.from(place.source.matchAll(patternOf(was)), () => place))

/** The source with the fault in it; unchanged when the text does not occur. */
export const mutated = (source: string, { becomes, was }: Mutant): string =>
  source.replace(patternOf(was), () => becomes)
