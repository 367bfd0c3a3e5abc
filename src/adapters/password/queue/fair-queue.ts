/**
 * A queue of attempts that wait for a turn. It decides which attempt (member) runs next, and which one is removed when
 * the queue is full. Each member has keys, such as the client's network and the user name. The queue counts per key:
 * how many recent turns (attempts that ran) had this key, and how many waiting members have it.
 *
 * | decision          | member chosen                                               | among equals                    |
 * | ----------------- | ----------------------------------------------------------- | ------------------------------- |
 * | runs next         | fewest recent turns of its keys, then fewest waiting        | the oldest; the newest once the |
 * |                   | members with its keys                                       | queue was full                  |
 * | removed when full | highest sum of recent turns and waiting members of its keys | the newest; the oldest if the   |
 * |                   |                                                             | new member is one of the equals |
 *
 * The rank of a member comes before all counts: a lower rank runs first, and the highest rank is removed first.
 *
 * Members with exactly the same keys run in order of arrival, and the newest of them is removed first. After the queue
 * was full, the oldest members have probably waited too long already, so a new member is more likely to run in time.
 *
 * The turn of a successful attempt is not counted: {@link FairQueue.forgive}. So a flood from one address, or for one
 * user name, delays and removes mostly its own attempts. A user who shares the flood's address still differs from the
 * flood by a user name without failed attempts.
 *
 * Memory is bounded: after a fixed number of turns all counts are halved, and counts of 1 are removed.
 */
export interface Waiting {
  readonly keys: ReadonlyArray<string>
  /** Members with a lower rank run first. Default 0. */
  readonly rank?: number
}

export class FairQueue<Member extends Waiting> {
  readonly #places: number
  /** The waiting members, in order of arrival. */
  readonly #members = new Set<Member>()
  /** The number of waiting members per key. */
  readonly #waiting = new Map<string, number>()
  /** The number of recent turns per key. */
  readonly #turns = new Map<string, number>()
  /** Whether a member was removed from the full queue since the queue was last empty. */
  #isOverfull = false
  #turnsSinceHalving = 0
  readonly #turnsPerHalving: number

  /**
   * @param places maximum number of waiting members
   * @param turnsPerHalving number of turns after which all counts are halved
   */
  constructor(places: number, turnsPerHalving: number) {
    this.#places = places
    this.#turnsPerHalving = turnsPerHalving
  }

  /** The number of waiting members. */
  get size(): number {
    return this.#members.size
  }

  /** The waiting members, in order of arrival. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.values()
  }

  /** @returns the member that was removed because the queue is full: an older one, or the new one itself */
  add(member: Member): Member | undefined {
    this.#enter(member)
    if (this.#members.size <= this.#places) return undefined
    this.#isOverfull = true
    const worst = Math.max(...Array.from(this.#members, rankOf))
    const candidates = Array.from(this.#members).filter((each) => rankOf(each) === worst)
    const weights = new Map(candidates.map((each) => [each, this.#weight(each)]))
    const most = Math.max(...weights.values())
    const heaviest = candidates.filter((each) => weights.get(each) === most)
    const equal = heaviest.includes(member) ? heaviest.find((each) => !isSame(each, member)) : undefined
    const leaving = equal ?? heaviest.at(-1) ?? member
    this.remove(leaving)
    return leaving
  }

  /** Removes and returns the member that runs next, and counts its turn. */
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

  /** Counts one turn for each of the keys. */
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

  /** Takes back one turn for each of the keys. */
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
    if (rankOf(one) !== rankOf(other)) return rankOf(one) < rankOf(other)
    const lead = mean(one.keys, this.#turns) - mean(other.keys, this.#turns)
    return lead < 0 || (lead === 0 && mean(one.keys, this.#waiting) < mean(other.keys, this.#waiting))
  }

  #weight({ keys }: Member): number {
    return mean(keys, this.#turns) + mean(keys, this.#waiting)
  }
}

const rankOf = ({ rank = 0 }: Waiting): number => rank

const isSame = (one: Waiting, other: Waiting): boolean =>
  rankOf(one) === rankOf(other) &&
  one.keys.length === other.keys.length &&
  one.keys.every((key, at) => key === other.keys[at])

/** The average count per key, so that members with different numbers of keys can be compared. */
const mean = (keys: ReadonlyArray<string>, counts: ReadonlyMap<string, number>): number =>
  keys.reduce((total, key) => total + (counts.get(key) ?? 0), 0) / keys.length
