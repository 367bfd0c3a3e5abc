/** The cache of decoded sessions keeps to its limit, also for texts that repeat a name thousands of times. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, it } from "vitest"
import { makeJsonCodec } from "../../../../src/adapters/store/redis/sessions/json-codec.ts"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const megabytes = () => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

it.each([
  ["one name", () => '"":1'],
  ["a name with an escape", () => '"\\u0061":1'],
  ["different names", (at: number) => `"${at}":1`]
])("60 KB of members with %s", (_, member) => {
  const members = Array.from({ length: 6000 }, (_, at) => member(at)).join(",")
  const codec = makeJsonCodec({ memoBytes: 2 ** 22 })
  const before = megabytes()
  for (let n = 0; n < 80; n++) expect(codec.decode(`{${members},"n":${n}}`)._tag).toBe("Decoded")
  expect(megabytes() - before).toBeLessThan(16)
  expect(codec.decode("{}")._tag).toBe("Decoded")
})
