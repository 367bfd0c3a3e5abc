/** Loaded before a program: `PGlite.create()` reads the archive of an empty database that this file's URL names. */
import { openAsBlob } from "node:fs"
import { PGlite } from "@electric-sql/pglite"

const archive = new URL(import.meta.url).searchParams.get("archive") ?? ""
const { create } = PGlite
Object.assign(PGlite, {
  create: async () => Reflect.apply(create, PGlite, [{ loadDataDir: await openAsBlob(archive) }])
})
