/** `npm run settings`: writes docs/settings.md again, after a change of the table of settings. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { settingsPage } from "./page.ts"

writeFileSync(join(import.meta.dirname, "..", "..", "docs", "settings.md"), settingsPage())
