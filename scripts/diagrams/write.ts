/** `npm run diagrams`: makes the diagrams in the documents again, after a change of a state machine or of the rooms. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { documents, withDiagrams } from "./diagrams.ts"

for (const document of documents) {
  const file = join(import.meta.dirname, "..", "..", document)
  writeFileSync(file, withDiagrams(readFileSync(file, "utf8")))
}
