/** Pretends that Next keeps its requests in modules of other names: latchkey does not find them. */
import { registerHooks } from "node:module"

registerHooks({
  resolve: (specifier, context, next) => {
    if (/^next\/dist\/.*-async-storage\.external\.js$/.test(specifier))
      throw Object.assign(new Error(`moved: ${specifier}`), { code: "MODULE_NOT_FOUND" })
    return next(specifier, context)
  }
})
