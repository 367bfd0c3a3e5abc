/** Which Django is measured: that of `requirements.txt` where `bench/install.ts` has installed it, else Debian's. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { debianDjango } from "../../test/rig/django.ts"

/** Where `bench/install.ts` installs it: ignored by git, and deleted by `npm ci`. */
export const installedDjango = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "latchkey-django")

/** The folder that Python imports Django from. */
export const djangoLibrary = existsSync(join(installedDjango, "django")) ? installedDjango : debianDjango

/** `5.2.17`, as the Django in a folder says; `undefined` if there is none. */
export const djangoVersionIn = (library: string): string | undefined => {
  const file = join(library, "django/__init__.py")
  const version = existsSync(file) ? /^VERSION = \((\d+), (\d+), (\d+)/m.exec(readFileSync(file, "utf8")) : null
  return version?.slice(1).join(".")
}
