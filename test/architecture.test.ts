/** Which room may know which. What is not allowed here is not allowed. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..", "src")

interface Import {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"))

const imports: ReadonlyArray<Import> = files.flatMap((from) => {
  const source = readFileSync(join(root, from), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
  const statements = source.matchAll(/(?:^|\n)(?:import|export)\s+(type\s)?(?:[^"'=;]*?\sfrom\s+)?"([^"]+)"/g)
  return Array.from(statements, ([, type, specifier = ""]) => ({
    from,
    to: specifier.startsWith(".")
      ? relative(root, join(root, dirname(from), specifier))
          .split(sep)
          .join("/")
      : specifier,
    isTypeOnly: type !== undefined
  }))
})

const isOwn = (to: string): boolean => to.endsWith(".ts")

/** The folder of a core file: `session`, `auth`, …; for a file at the top its own name. */
const coreRoom = (file: string): string => file.split("/")[1] ?? ""

/** Rooms of the core, each with those that it may know besides itself. */
const coreRooms: Record<string, ReadonlyArray<string>> = {
  "effect.ts": ["session"], // the type of a session key, nothing else: see below
  "transition.ts": ["effect.ts", "session"],
  "time-zone.ts": [],
  "uuid.ts": [],
  http: ["effect.ts"],
  signing: [],
  session: ["effect.ts", "transition.ts", "time-zone.ts", "uuid.ts", "http", "signing"],
  password: ["effect.ts"],
  csrf: ["effect.ts", "transition.ts", "http", "signing"],
  auth: ["effect.ts", "transition.ts", "time-zone.ts", "uuid.ts", "http", "signing", "session", "password", "csrf"],
  "index.ts": ["effect.ts", "transition.ts", "time-zone.ts", "http", "session", "password", "csrf", "auth"]
}

/** Doors and folders of the adapters, each with those that it may know besides itself. The core is open to all. */
const adapterRooms: Record<string, ReadonlyArray<string>> = {
  interpreter: ["backend", "hasher", "option-kinds.ts"],
  backend: [
    "option-kinds.ts",
    "interpreter/errors.ts",
    "interpreter/ports.ts",
    "interpreter/chance.ts",
    "hasher/passwords.ts"
  ],
  hasher: [
    "option-kinds.ts",
    "interpreter/errors.ts",
    "interpreter/ports.ts",
    "interpreter/chance.ts",
    "optional-package.ts"
  ],
  password: ["optional-package.ts"],
  "optional-package.ts": ["interpreter/errors.ts"],
  "option-kinds.ts": ["interpreter/errors.ts"],
  store: ["option-kinds.ts", "interpreter/errors.ts", "interpreter/ports.ts"],
  http: ["option-kinds.ts", "interpreter", "backend/backend.ts"]
}

/** Folder and room of an adapter's file: `http` and `koa` for `adapters/http/koa.ts` and all beneath `adapters/http/koa`. */
const doorOf = (file: string): readonly [folder: string, room: string] => {
  const [, folder = "", room = ""] = /^adapters\/([^/]+)\/([^/.]+)/.exec(file) ?? []
  return [folder, room]
}

/** Rooms behind the doors of one folder, each with those that it may know besides itself. */
const beside: Record<string, Record<string, ReadonlyArray<string>>> = {
  http: {
    options: ["failure", "reported-once"],
    opened: [],
    node: ["failure", "options", "opened"],
    fetch: ["failure", "options", "opened"],
    hono: ["failure", "options", "opened", "fetch"],
    koa: ["failure", "options", "node"],
    next: ["failure", "options", "opened", "fetch"],
    "effect-http": ["failure", "options", "node", "fetch"]
  },
  store: {
    "cached-db": ["told-clock", "unverified-text"],
    file: ["told-clock", "unverified-text"],
    memory: ["guesses"],
    postgres: ["guesses", "told-clock"]
  }
}

describe("the architecture", () => {
  it("has source files to look at", () => {
    expect(files.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(100)
  })

  it("keeps the core to itself: nothing but the core, effect's value modules, and two built-ins in one file each", () => {
    const allowed: Record<string, string> = {
      "node:crypto": "core/signing/hmac.ts",
      "node:zlib": "core/session/deflate.ts"
    }
    const foreign = imports.filter(
      ({ from, to }) =>
        from.startsWith("core/") &&
        !(isOwn(to) && to.startsWith("core/")) &&
        !(to.startsWith("effect/") && !/^effect\/(Effect|Layer|Context|ManagedRuntime|Schema)$/.test(to)) &&
        allowed[to] !== from
    )
    expect(foreign).toEqual([])
  })

  it("lets rooms of the core know only those beneath them", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith("core/") || !to.startsWith("core/")) return false
      const [room, other] = [coreRoom(from), coreRoom(to)]
      return room !== other && !(coreRooms[room] ?? []).includes(other)
    })
    expect(wrong).toEqual([])
  })

  it("lets effects name a session key, and nothing else of a session", () => {
    const wrong = imports.filter(
      ({ from, isTypeOnly, to }) =>
        /^core\/(effect|transition)\.ts$/.test(from) &&
        to.startsWith("core/session/") &&
        !(isTypeOnly && to === "core/session/key.ts")
    )
    expect(wrong).toEqual([])
  })

  it("lets adapters know the core, the interpreter's ports and what their room is for", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith("adapters/") || !to.startsWith("adapters/")) return false
      const [, room = ""] = from.split("/")
      const [, otherRoom = ""] = to.split("/")
      const target = to.slice("adapters/".length)
      return (
        room !== otherRoom &&
        !(adapterRooms[room] ?? []).some((known) => target === known || target.startsWith(`${known}/`))
      )
    })
    expect(wrong).toEqual([])
  })

  it("lets an http adapter, and a store, know itself and those that it stands on", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [folder, room] = doorOf(from)
      const [otherFolder, other] = doorOf(to)
      const known = beside[folder]
      return known !== undefined && folder === otherFolder && room !== other && !(known[room] ?? []).includes(other)
    })
    expect(wrong).toEqual([])
  })

  it("keeps stores and frameworks apart: none of them imports what is another's", () => {
    const owners: Record<string, RegExp> = {
      postgres: /^adapters\/store\/postgres/,
      redis: /^adapters\/store\/redis/,
      hono: /^adapters\/http\/hono/,
      koa: /^adapters\/http\/koa/,
      next: /^adapters\/http\/next/,
      react: /^adapters\/http\/next/,
      effect: /^adapters\/http\/effect-http/
    }
    const wrong = imports.filter(
      ({ from, to }) =>
        !isOwn(to) && !/^(node:|effect\/(?!http\/))/.test(to) && owners[to.split("/")[0] ?? ""]?.test(from) !== true
    )
    expect(wrong).toEqual([])
  })

  it("imports modules of effect, never the barrel", () => {
    expect(imports.filter(({ to }) => to === "effect")).toEqual([])
  })

  it("has no cycles", () => {
    const graph = new Map<string, ReadonlyArray<string>>(
      files.map((file) => [
        file,
        imports.filter(({ from, isTypeOnly, to }) => from === file && isOwn(to) && !isTypeOnly).map(({ to }) => to)
      ])
    )
    const done = new Set<string>()
    const cycles: Array<string> = []
    const visit = (file: string, path: ReadonlyArray<string>): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "))
      if (path.includes(file) || done.has(file)) return
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  it("has names on its doors: no utils, helpers, common or types", () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|types|misc)(\.ts|\/)/.test(file))).toEqual([])
  })

  it("exports nothing by default", () => {
    expect(files.filter((file) => /^export default/m.test(readFileSync(join(root, file), "utf8")))).toEqual([])
  })
})
