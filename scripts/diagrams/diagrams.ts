/**
 * The diagrams in the documents that are made from the code. A document says where:
 *
 * <!-- diagram: src/core/auth/login/authenticate.ts -->
 * <!-- /diagram -->
 *
 * The name is that of a file with a state machine, or `rooms`.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { adapterRooms, coreRooms } from "../../test/rooms.ts"
import { stepsOf } from "./machine-table.ts"
import { roomsDiagram } from "./rooms-diagram.ts"
import { stateDiagram } from "./state-diagram.ts"

const root = join(import.meta.dirname, "..", "..")

/** Documents with diagrams that are made. */
export const documents = ["CONTRIBUTING.md", "docs/architecture.md"]

const marked = /^<!-- diagram: (\S+) -->\n[\s\S]*?^<!-- \/diagram -->$/gm

/** The names of the diagrams in a document, in order. */
export const diagramsIn = (document: string): ReadonlyArray<string> =>
  Array.from(document.matchAll(marked), ([, name = ""]) => name)

/** The document with its diagrams as the code is now. */
export const withDiagrams = (document: string): string =>
  document.replace(marked, (_, name: string) =>
    [`<!-- diagram: ${name} -->`, "```mermaid", diagramOf(name), "```", "<!-- /diagram -->"].join("\n")
  )

const diagramOf = (name: string): string =>
  name === "rooms"
    ? roomsDiagram(coreRooms, adapterRooms)
    : stateDiagram(stepsOf(readFileSync(join(root, name), "utf8")))
