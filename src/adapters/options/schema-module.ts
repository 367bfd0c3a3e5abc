import * as Effect from "effect/Effect"
import type * as SchemaModule from "effect/Schema"

let loaded: typeof SchemaModule | undefined

/**
 * Effect's module `Schema`, loaded at its first use. It takes as long to load as all of latchkey, and only applications
 * that give a schema need it. They have loaded it themselves, so this first use waits for no file.
 */
export const schemaModule: Effect.Effect<typeof SchemaModule> = Effect.suspend(() =>
  loaded === undefined
    ? Effect.map(
        Effect.promise(() => import("effect/Schema")),
        (module) => {
          loaded = module
          return module
        }
      )
    : Effect.succeed(loaded)
)
