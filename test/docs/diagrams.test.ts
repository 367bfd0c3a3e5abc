/** The diagrams in the documents are those of the code: the tables of the state machines, and the rooms. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { diagramsIn, documents, withDiagrams } from "../../scripts/diagrams/diagrams.ts"
import { hasMachine, stepsOf } from "../../scripts/diagrams/machine-table.ts"
import { roomsDiagram } from "../../scripts/diagrams/rooms-diagram.ts"
import { stateDiagram } from "../../scripts/diagrams/state-diagram.ts"

const root = join(import.meta.dirname, "..", "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

const machines = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((file) => `src/${file}`)
  .filter((file) => file.endsWith(".ts") && hasMachine(read(file)))
  .sort()

const tagsIn = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/_tag: "(\w+)"/g), ([, tag = ""]) => tag)

/** The type of the paused states of each machine in the core. */
const stateTypes: Readonly<Record<string, string>> = {
  "src/core/auth/login/authenticate.ts": "Asking",
  "src/core/auth/request/get-user.ts": "GettingUser",
  "src/core/auth/login/password-login.ts": "Checking<User>",
  "src/core/session/writing/commit.ts": "Responding",
  "src/core/session/writing/load-session.ts": "LoadingSession"
}

/** The tags of that type, whose declaration ends with an empty line. A union of named states has their names as tags. */
const statesOf = (file: string): ReadonlyArray<string> => {
  const source = read(file)
  const at = new RegExp(`^export (type|interface) ${stateTypes[file]} `, "m").exec(source)?.index
  if (at === undefined) throw new Error(`${file} does not declare ${stateTypes[file]}`)
  const declaration = source.slice(at, source.indexOf("\n\n", at))
  const tags = tagsIn(declaration)
  return (tags.length > 0 ? tags : (declaration.replace(/^.*=/, "").match(/\w+/g) ?? [])).toSorted()
}

describe("the documents", () => {
  it.each(documents)("%s has the diagrams of the code (npm run diagrams makes them again)", (document) => {
    expect(read(document)).toBe(withDiagrams(read(document)))
  })

  it("show every state machine", () => {
    expect(machines.length).toBeGreaterThan(4)
    expect(diagramsIn(read("docs/architecture.md")).toSorted()).toEqual(machines)
    expect(diagramsIn(read("CONTRIBUTING.md"))).toEqual(["rooms"])
  })
})

describe("the table of a state machine", () => {
  const core = machines.filter((file) => file.startsWith("src/core/"))
  const answers = tagsIn(read("src/core/effect.ts"))

  it.each(core)("%s names the states of the code, and no others", (file) => {
    const steps = stepsOf(read(file))
    const waiting = (states: ReadonlyArray<string>) =>
      [...new Set(states)].filter((state) => !/^\(|^Done/.test(state)).toSorted()
    expect(waiting(steps.map(({ from }) => from))).toEqual(statesOf(file))
    expect(waiting(steps.map(({ to }) => to))).toEqual(statesOf(file))
  })

  it.each(core)("%s names answers that exist", (file) => {
    for (const { from, on } of stepsOf(read(file)))
      if (!from.startsWith("(") && on !== "any") expect(answers).toContain(/^\w+/.exec(on)?.[0])
  })

  it("is read row by row, and a note may have several lines", () => {
    const source = [
      "/**",
      " * | state   | answer, condition | next      | what happens |",
      " * | ------- | ----------------- | --------- | ------------ |",
      " * | (start) |                   | Asking    |              |",
      " * | Asking  | Accepted          | Done: yes | a note of    |",
      " * |         |                   |           | two lines    |",
      " */"
    ].join("\n")
    expect(stepsOf(source)).toEqual([
      { from: "(start)", on: "", to: "Asking", note: "" },
      { from: "Asking", on: "Accepted", to: "Done: yes", note: "a note of two lines" }
    ])
    expect(stateDiagram(stepsOf(source)).split("\n")).toEqual([
      "stateDiagram-v2",
      '  state "Done: yes" as Done_yes',
      "  [*] --> Asking",
      "  Asking --> Done_yes: Accepted",
      "  Done_yes --> [*]"
    ])
  })

  it.each([
    ["another column", " * | state | answer | next |", "not the columns"],
    [
      "a row without a state",
      " * | state | answer, condition | next | what happens |\n * | - | - | - | - |\n * |  | Accepted | Done |  |",
      "a state is missing"
    ],
    [
      "a row without a next state",
      " * | state | answer, condition | next | what happens |\n * | - | - | - | - |\n * | Asking | Accepted |  | |",
      "a state is missing"
    ]
  ])("is refused with %s", (_, table, message) => {
    expect(() => stepsOf(`/**\n${table}\n */`)).toThrow(message)
  })
})

describe("the map of the rooms", () => {
  it("leaves out an arrow to a room that other arrows lead to, and joins the files at the top of the core", () => {
    const core = { "effect.ts": [], http: ["effect.ts"], auth: ["effect.ts", "http"], "index.ts": ["auth"] }
    expect(roomsDiagram(core, { ports: [], api: ["ports"] }).split("\n")).toEqual([
      "flowchart TD",
      "  subgraph adapters [src/adapters]",
      '    adapters_ports["ports"]',
      '    adapters_api["api"]',
      "  end",
      "  subgraph core [src/core]",
      '    core_http["http"]',
      '    core_auth["auth"]',
      '    core_ground_floor["ground floor"]',
      "  end",
      "  adapters_api --> adapters_ports",
      "  adapters --> core",
      "  core_http --> core_ground_floor",
      "  core_auth --> core_http"
    ])
  })
})
