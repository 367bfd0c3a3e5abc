/** Writes the files that docs/*.md show into their blocks again: `npm run pages`, after a change of such a file. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const docs = join(root, "docs")

for (const page of readdirSync(docs).filter((file) => file.endsWith(".md"))) {
  const text = readFileSync(join(docs, page), "utf8")
  const written = text.replace(
    /^```(\w+ (\S+\/\S+))\n[\s\S]*?^```$/gm,
    (_block, info: string, file: string) => `\`\`\`${info}\n${readFileSync(join(root, file), "utf8")}\`\`\``
  )
  if (written !== text) writeFileSync(join(docs, page), written)
}
