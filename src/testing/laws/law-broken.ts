/** The extent of a check of a law. */
export interface Checked {
  /** How many situations were checked. */
  readonly situations: number
  /** In how many orders of the store calls they were checked, in all. */
  readonly orders: number
  /** Whether these were all the orders. */
  readonly complete: boolean
  /** Why they were not. */
  readonly notControlled: ReadonlyArray<string>
}

/** A site does something that a law forbids. The message tells what was done, in which order, and what happened. */
export class LawBroken extends Error {
  override readonly name = "LawBroken"
}

/** @throws {LawBroken} unless `holds` */
export const must = (holds: boolean, message: () => string): void => {
  if (!holds) throw new LawBroken(message())
}
