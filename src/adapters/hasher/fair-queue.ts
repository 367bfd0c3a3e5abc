/**
 * Who is next, where attempts wait for their turn. Each has keys, such as the client's address and the user name.
 *
 * | what                 | the member                                                                | among equals              |
 * | -------------------- | ------------------------------------------------------------------------- | ------------------------- |
 * | is next              | whose keys had the fewest turns lately, then whose keys wait least often  | the first; the last since |
 * |                      |                                                                           | the queue has been full   |
 * | leaves a full queue  | whose keys had most turns lately and wait most often, both together       | the last; the first where |
 * |                      |                                                                           | the newcomer is an equal  |
 *
 * Members with the same keys are served in order, and of them the last one leaves. In a full queue those who came first
 * are likely to be too late anyway, so the newcomer has the better chance to be served in time.
 *
 * A turn that turned out well is taken back when it ends. So a flood from one address, or for one user name, delays and
 * crowds out itself, and a user behind a flooding address is told from the flood by a name that had no failures.
 *
 * Memory is bounded: after so many turns all counts are halved, and those that were 1 are forgotten.
 */
export interface Waiting {
  readonly keys: ReadonlyArray<string>
}

export class FairQueue<Member extends Waiting> {
  readonly #places: number
  /** In the order of arrival. */
  readonly #members = new Set<Member>()
  /** How many members have each key. */
  readonly #waiting = new Map<string, number>()
  /** How many turns each key had lately. */
  readonly #turns = new Map<string, number>()
  /** A member had to leave since the queue was empty. */
  #isOverfull = false
  #turnsSinceHalving = 0
  readonly #turnsPerHalving: number

  /**
   * @param places how many may wait
   * @param turnsPerHalving how many turns are remembered, roughly
   */
  constructor(places: number, turnsPerHalving: number) {
    this.#places = places
    this.#turnsPerHalving = turnsPerHalving
  }

  /** @returns the member that has no place any longer: another one, or the newcomer itself */
  add(member: Member): Member | undefined {
    this.#enter(member)
    if (this.#members.size <= this.#places) return undefined
    this.#isOverfull = true
    const weights = new Map(Array.from(this.#members, (each) => [each, this.#weight(each)]))
    const most = Math.max(...weights.values())
    const heaviest = Array.from(this.#members).filter((each) => weights.get(each) === most)
    const equal = heaviest.includes(member) ? heaviest.find((each) => !isSame(each, member)) : undefined
    const leaving = equal ?? heaviest.at(-1) ?? member
    this.remove(leaving)
    return leaving
  }

  /** Takes out the member that is next, whose keys have had a turn then. */
  next(): Member | undefined {
    const members = Array.from(this.#members)
    const [first, ...others] = this.#isOverfull ? members.toReversed() : members
    if (first === undefined) return undefined
    const best = others.reduce((best, other) => (this.#isBefore(other, best) ? other : best), first)
    const next = members.find((each) => isSame(each, best)) ?? best
    this.remove(next)
    this.count(next)
    return next
  }

  /** Its keys have had a turn. */
  count({ keys }: Waiting): void {
    for (const key of keys) this.#turns.set(key, (this.#turns.get(key) ?? 0) + 1)
    this.#turnsSinceHalving += 1
    if (this.#turnsSinceHalving < this.#turnsPerHalving) return
    this.#turnsSinceHalving = 0
    for (const [key, turns] of this.#turns) {
      if (turns < 2) this.#turns.delete(key)
      else this.#turns.set(key, Math.floor(turns / 2))
    }
  }

  /** Takes back a turn of its keys. */
  forgive({ keys }: Waiting): void {
    for (const key of keys) {
      const turns = (this.#turns.get(key) ?? 0) - 1
      if (turns > 0) this.#turns.set(key, turns)
      else this.#turns.delete(key)
    }
  }

  remove(member: Member): void {
    if (!this.#members.delete(member)) return
    if (this.#members.size === 0) this.#isOverfull = false
    for (const key of member.keys) {
      const others = (this.#waiting.get(key) ?? 0) - 1
      if (others > 0) this.#waiting.set(key, others)
      else this.#waiting.delete(key)
    }
  }

  #enter(member: Member): void {
    this.#members.add(member)
    for (const key of member.keys) this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
  }

  #isBefore(one: Member, other: Member): boolean {
    const lead = mean(one.keys, this.#turns) - mean(other.keys, this.#turns)
    return lead < 0 || (lead === 0 && mean(one.keys, this.#waiting) < mean(other.keys, this.#waiting))
  }

  #weight({ keys }: Member): number {
    return mean(keys, this.#turns) + mean(keys, this.#waiting)
  }
}

const isSame = (one: Waiting, other: Waiting): boolean =>
  one.keys.length === other.keys.length && one.keys.every((key, at) => key === other.keys[at])

/** Per key, so that members with few keys and members with many can be compared. */
const mean = (keys: ReadonlyArray<string>, counts: ReadonlyMap<string, number>): number =>
  keys.reduce((total, key) => total + (counts.get(key) ?? 0), 0) / keys.length
