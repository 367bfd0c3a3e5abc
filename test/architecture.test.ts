/** Which room may know which. What is not allowed here is not allowed. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, relative, sep } from "node:path"
import { describe, expect, it } from "vitest"
import { adapterRooms, coreRooms, innerRooms } from "./rooms.ts"

const root = join(import.meta.dirname, "..", "src")

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"))

/** Holds programs as text, with the imports of the applications that `latchkey init` writes. It imports nothing itself. */
const templates = "adapters/cli/init/templates.ts"

const imports: ReadonlyArray<Import> = files.flatMap((from) => {
  if (from === templates) return []
  const source = readFileSync(join(root, from), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
  const statements = source.matchAll(/(?:^|\n)(?:import|export)\s+(?:type\s)?(?:[^"'=;]*?\sfrom\s+)?"([^"]+)"/g)
  const loads = source.matchAll(/getBuiltinModule\("([^"]+)"\)/g)
  return Array.from([...statements, ...loads], ([, specifier = ""]) => ({
    from,
    to: specifier.startsWith(".")
      ? relative(root, join(root, dirname(from), specifier))
          .split(sep)
          .join("/")
      : specifier
  }))
})

const isOwn = (to: string): boolean => to.endsWith(".ts")

/** The folder of a file of the core: `session`, `auth`, …; for a file at the top its own name. */
const coreRoom = (file: string): string => file.split("/")[1] ?? ""

/** The folder of a file inside another folder; for a file at the top of that its own name. */
const innerRoom = (folder: string, file: string): string => file.slice(folder.length + 1).split("/")[0] ?? ""

/** Folder and room of an adapter's file: `http` and `koa` for `adapters/http/koa.ts` and all beneath `adapters/http/koa`. */
const doorOf = (file: string): readonly [folder: string, room: string] => {
  const [, folder = "", room = ""] = /^adapters\/([^/]+)\/([^/.]+)/.exec(file) ?? []
  return [folder, room]
}

/** Rooms behind the doors of one folder, each with those that it may know besides itself. */
const beside: Record<string, Record<string, ReadonlyArray<string>>> = {
  http: {
    "http-options": ["failure-response", "reported-once"],
    opened: [],
    "form-body": [],
    "account-mount": ["failure-response", "http-options"],
    node: ["account-mount", "failure-response", "form-body", "http-options", "opened"],
    fetch: ["account-mount", "failure-response", "form-body", "http-options", "opened"],
    hono: ["account-mount", "failure-response", "http-options", "opened", "fetch"],
    koa: ["account-mount", "failure-response", "form-body", "http-options", "node"],
    next: ["account-mount", "failure-response", "http-options", "opened", "fetch"],
    "effect-http": ["account-mount", "failure-response", "form-body", "http-options", "node", "fetch"]
  },
  store: {
    "cached-db": ["record-text", "store-clock", "unverified-text"],
    file: ["store-clock", "unverified-text"],
    memory: ["user-prefetch-cache"],
    postgres: ["batched", "user-prefetch-cache", "store-clock"],
    redis: ["record-text"]
  }
}

describe("the architecture", () => {
  it("has source files to look at", () => {
    expect(files.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(100)
  })

  it("keeps the core to itself: nothing but the core, effect's value modules, and two built-ins in their files", () => {
    const allowed: Record<string, ReadonlyArray<string>> = {
      "node:crypto": ["core/signing/hmac.ts", "core/signing/sealed-text.ts"],
      "node:zlib": ["core/session/text/deflate.ts"]
    }
    const foreign = imports.filter(
      ({ from, to }) =>
        from.startsWith("core/") &&
        !(isOwn(to) && to.startsWith("core/")) &&
        !(to.startsWith("effect/") && !/^effect\/(Effect|Layer|Context|ManagedRuntime|Schema)$/.test(to)) &&
        allowed[to]?.includes(from) !== true
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

  it("lets rooms of the adapters know only those beneath them", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith("adapters/") || !to.startsWith("adapters/")) return false
      const [, room = ""] = from.split("/")
      const [, other = ""] = to.split("/")
      return room !== other && !(adapterRooms[room] ?? []).includes(other)
    })
    expect(wrong).toEqual([])
  })

  it("lets a folder inside a room know only those beneath it", () => {
    const wrong = imports.filter(({ from, to }) => {
      const folder = Object.keys(innerRooms).find((parent) => from.startsWith(`${parent}/`))
      if (folder === undefined || !to.startsWith(`${folder}/`)) return false
      const [room, other] = [innerRoom(folder, from), innerRoom(folder, to)]
      const known = innerRooms[folder]?.[room]
      return known !== undefined && room !== other && !known.includes(other)
    })
    expect(wrong).toEqual([])
  })

  it("lists every folder inside these rooms", () => {
    for (const [folder, rooms] of Object.entries(innerRooms)) {
      const inside = files.filter((file) => file.startsWith(`${folder}/`)).map((file) => innerRoom(folder, file))
      const folders = new Set(inside.filter((room) => !room.endsWith(".ts")))
      expect([...folders].toSorted(), folder).toEqual(Object.keys(rooms).toSorted())
    }
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

  it("lets nothing import the testing kit, and the kit import only what an application's author would", () => {
    const known = [
      "api",
      "errors",
      "options",
      "clock-and-random",
      "store-time",
      "ports",
      "account/process-sessions.ts",
      "request/session/session-access.ts",
      "backend/define-backend.ts",
      "backend/model-backend.ts",
      "backend/permission-rules.ts",
      "backend/remote-user-backend.ts",
      "store/memory.ts",
      "store/memory/session-table.ts"
    ]
    const wrong = imports.filter(({ from, to }) => {
      if (!isOwn(to)) return false
      if (!from.startsWith("testing/")) return to.startsWith("testing/")
      if (from.startsWith("testing/next/") && to.startsWith("adapters/http/next/")) return false
      const target = to.replace(/^adapters\//, "")
      return target !== to && !known.some((folder) => target === folder || target.startsWith(`${folder}/`))
    })
    expect(wrong).toEqual([])
  })

  // V8 gives each generator function a hidden class of its own at its first call. If the function is made anew for each
  // request, this class keeps the whole request in memory until the next full garbage collection.
  it("makes no generator function for each request: use Effect.fnUntraced at the top of the module", () => {
    const wrong = files.filter(
      (file) =>
        /^(core|adapters\/request)\//.test(file) &&
        /Effect\.gen\(|^ .*(Effect\.fnUntraced|function\*)/m.test(
          readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
        )
    )
    expect(wrong).toEqual([])
  })

  it("keeps stores and frameworks apart: none of them imports what is another's", () => {
    const owners: Record<string, RegExp> = {
      postgres: /^adapters\/store\/postgres/,
      redis: /^adapters\/store\/redis/,
      hono: /^adapters\/http\/hono/,
      koa: /^adapters\/http\/koa/,
      "fast-check": /^testing\/fast-check/,
      next: /^(adapters\/http|testing)\/next/,
      react: /^(adapters\/http|testing)\/next/,
      "react-dom": /^testing\/next/,
      "effect/http": /^adapters\/http\/effect-http/,
      "effect/cli": /^adapters\/cli\//,
      "@opentelemetry": /^adapters\/telemetry\/open-telemetry\.ts$/,
      "@effect": /^adapters\/cli\/main\.ts$/
    }
    const ownedName = (to: string): string => /^(effect\/(http|cli)(?=\/)|[^/]+)/.exec(to)?.[0] ?? ""
    const wrong = imports.filter(
      ({ from, to }) =>
        !isOwn(to) &&
        !to.endsWith("/package.json") &&
        !/^(node:|effect\/(?!(http|cli)\/))/.test(to) &&
        owners[ownedName(to)]?.test(from) !== true
    )
    expect(wrong).toEqual([])
  })

  it("lets the command import only types of other rooms: it calls the application's copy of latchkey", () => {
    const values = files
      .filter((file) => file.startsWith("adapters/cli/") && file !== templates)
      .flatMap((from) =>
        Array.from(
          readFileSync(join(root, from), "utf8").matchAll(/^import (?!type )[^"]*"(\.[^"]+)"/gm),
          ([, specifier = ""]) => ({ from, to: relative(root, join(root, dirname(from), specifier)) })
        )
      )
    expect(values.length).toBeGreaterThan(10)
    expect(values.filter(({ to }) => !to.startsWith(join("adapters", "cli")) && !to.endsWith("package.json"))).toEqual(
      []
    )
  })

  it("lets nothing import the command", () => {
    expect(
      imports.filter(({ from, to }) => !from.startsWith("adapters/cli/") && to.startsWith("adapters/cli/"))
    ).toEqual([])
  })

  it("imports modules of effect, never the barrel", () => {
    expect(imports.filter(({ to }) => to === "effect")).toEqual([])
  })

  it("has no cycles, not even of types", () => {
    const graph = new Map<string, ReadonlyArray<string>>(
      files.map((file) => [file, imports.filter(({ from, to }) => from === file && isOwn(to)).map(({ to }) => to)])
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

  it("gives every file a name of its own, apart from the two that list exports", () => {
    const names = files.map((file) => basename(file)).filter((name) => name !== "index.ts")
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it("exports nothing by default", () => {
    expect(files.filter((file) => /^export default/m.test(readFileSync(join(root, file), "utf8")))).toEqual([])
  })
})
