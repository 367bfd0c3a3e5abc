/** Puts the mutant that `LATCHKEY_MUTANT` names into the source when vitest loads it. */
import type { Plugin } from "vitest/config"
import { mutated, placesOf } from "./mutant.ts"
import { mutants } from "./mutants.ts"

/**
 * Does nothing unless a mutant is named. @throws {Error} when there is no such mutant, or its text is not in exactly
 * one place
 */
export const mutation = (name = process.env["LATCHKEY_MUTANT"]): ReadonlyArray<Plugin> => {
  if (name === undefined || name === "") return []
  const mutant = mutants.find((one) => one.name === name)
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`)
  const [place, ...more] = placesOf(mutant)
  if (place === undefined || more.length > 0) throw new Error(`the mutant ${name} does not apply`)
  const isMutated = (id: string): boolean => id.split("?")[0]?.endsWith(`/${place.file}`) ?? false
  return [
    {
      name: "latchkey-mutation",
      enforce: "pre",
      transform: (code, id) => (isMutated(id) ? mutated(code, mutant) : undefined),
      // Prevents vitest from reusing transformed code of an earlier run.
      configureVitest: ({ defineCacheKeyGenerator }) =>
        defineCacheKeyGenerator(({ id }) => (isMutated(id) ? mutant.name : undefined))
    }
  ]
}
