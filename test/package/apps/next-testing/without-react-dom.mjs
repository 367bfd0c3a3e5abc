/** Pretends that react-dom is not installed, or is of version 18, which has no such module. */
import { registerHooks } from "node:module"

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === "react-dom/static" ? "react-dom-18/static" : specifier, context)
})
