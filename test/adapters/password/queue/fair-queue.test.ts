import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { FairQueue } from "../../../../src/adapters/password/queue/fair-queue.ts"

interface Member {
  readonly name: string
  readonly keys: ReadonlyArray<string>
  readonly rank?: number
}

const member = (name: string, ...keys: ReadonlyArray<string>): Member => ({ name, keys })
const queueOf = (places: number, ...members: ReadonlyArray<Member>) => {
  const queue = new FairQueue<Member>(places, 4)
  const refused = members.map((each) => queue.add(each)?.name)
  return { queue, refused }
}
const order = (queue: FairQueue<Member>): ReadonlyArray<string | undefined> => {
  const names: Array<string> = []
  for (let next = queue.next(); next !== undefined; next = queue.next()) names.push(next.name)
  return names
}

describe("a fair queue", () => {
  it("gives turns in order of arrival to members that have nothing in common", () => {
    const { queue } = queueOf(3, member("1", "a"), member("2", "b"), member("3", "c"))
    expect(order(queue)).toEqual(["1", "2", "3"])
  })

  it("gives turns by rank before all counts, and removes the highest rank first", () => {
    const ranked = (name: string, rank: number): Member => ({ name, rank, keys: ["a"] })
    const { queue, refused } = queueOf(
      3,
      ranked("2", 2),
      ranked("1", 1),
      ranked("0", 0),
      ranked("0'", 0),
      ranked("2'", 2)
    )
    expect(refused).toEqual([undefined, undefined, undefined, "2", "2'"])
    queue.count({ keys: ["a"] })
    expect(order(queue)).toEqual(["0", "0'", "1"])
  })

  it("gives turns by key", () => {
    const { queue } = queueOf(99, ...["a", "a", "a", "b", "a", "c", "b"].map((key, at) => member(`${key}${at}`, key)))
    expect(order(queue)).toEqual(["c5", "b3", "a0", "b6", "a1", "a2", "a4"])
  })

  it("prefers a name that had no turn behind an address that had many", () => {
    const { queue } = queueOf(9)
    for (let at = 0; at < 5; at++) queue.count({ keys: ["address", "flooded"] })
    queue.add(member("attacker", "address", "flooded"))
    queue.add(member("colleague", "address", "own"))
    expect(order(queue)).toEqual(["colleague", "attacker"])
  })

  it("makes room for a newcomer by the last of those whose keys wait most often", () => {
    const attackers = [1, 2, 3].map((at) => member(`attacker ${at}`, "x", `name ${at}`))
    const { queue, refused } = queueOf(3, ...attackers, member("user", "y", "own"), member("attacker 4", "x", "name 4"))
    expect(refused).toEqual([undefined, undefined, undefined, "attacker 3", "attacker 1"])
    expect(order(queue)).toEqual(["user", "attacker 4", "attacker 2"])
  })

  it("refuses the newcomer where all have the same keys, and serves the others in order", () => {
    const { queue, refused } = queueOf(2, member("1", "a"), member("2", "a"), member("3", "a"))
    expect(refused).toEqual([undefined, undefined, "3"])
    expect(order(queue)).toEqual(["1", "2"])
    expect(queueOf(0, member("1", "a")).refused).toEqual(["1"])
  })

  it("prefers newcomers to equals that wait longer, once it was full and until it is empty", () => {
    const { queue, refused } = queueOf(2, member("1", "a"), member("2", "b"), member("3", "c"))
    expect(refused).toEqual([undefined, undefined, "1"])
    expect(order(queue)).toEqual(["3", "2"])
    for (const name of ["4", "5"]) queue.add(member(name, name))
    expect(order(queue)).toEqual(["4", "5"])
  })

  it("does not count a turn after it is forgiven", () => {
    const { queue } = queueOf(9)
    for (const keys of [["a"], ["b"], ["b"]]) queue.count({ keys })
    queue.forgive({ keys: ["b"] })
    queue.forgive({ keys: ["b"] })
    queue.forgive({ keys: ["b", "c"] })
    queue.add(member("a", "a"))
    queue.add(member("b", "b"))
    expect(order(queue)).toEqual(["b", "a"])
  })

  it("prefers the only member of its key to a member of a flood, although neither had a turn yet", () => {
    const { queue } = queueOf(9, member("1", "a"), member("2", "a"), member("alone", "b"))
    expect(queue.next()?.name).toBe("alone")
  })

  it("drops old turns, so that an address that was busy once is not last in all later queues", () => {
    const { queue } = queueOf(2)
    for (let at = 0; at < 4; at++) queue.count({ keys: ["busy"] })
    for (let at = 0; at < 11; at++) queue.count({ keys: [`other ${at}`] })
    queue.add(member("other", "other 9", "other 10"))
    queue.add(member("was busy", "busy"))
    expect(order(queue)).toEqual(["was busy", "other"])
  })

  it("holds at most as many members as it has places, and returns every member that it does not hold", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 2 })
    fc.assert(
      fc.property(fc.nat(5), fc.array(keys, { maxLength: 30 }), (places, all) => {
        const queue = new FairQueue<Member>(places, 3)
        const members = all.map((each, at) => member(String(at), ...each))
        const refused = members.flatMap((each) => queue.add(each)?.name ?? [])
        const served = order(queue)
        expect(served).toHaveLength(Math.min(places, all.length))
        expect([...refused, ...served].toSorted()).toEqual(members.map(({ name }) => name).toSorted())
      })
    )
  })
})
