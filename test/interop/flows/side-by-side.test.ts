/** The example on a database of its own answers as Django does on another. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { service } from "../../rig/services.ts"
import { views } from "./compare.ts"
import { intendedAlone } from "./differences.ts"
import { flowCount, run, uncovered, type Worlds } from "./run.ts"
import { SECRET_KEY, type Sites, startSites } from "./sites.ts"
import { alone, walk } from "./walk.ts"

const available = [service("postgres"), service("redis"), djangoService()].every((needed) => needed.available)

const engines = ["db", "file", "signed_cookies", "cached_db", "cache"] as const

describe.skipIf(!available).each(engines)("side by side, engine %s", (engine) => {
  const count = flowCount(engine === "db" ? "db" : "other")
  let sites: Sites | undefined
  let worlds: Worlds

  beforeAll(async () => {
    sites = await startSites(engine)
    const [ours, theirs] = await Promise.all([sites.place(), sites.place()])
    const [example, reference] = await Promise.all([ours.example(), theirs.django()])
    worlds = {
      engine,
      django: { world: alone("Django", reference), place: theirs },
      example: { world: alone("the example", example), place: ours }
    }
  }, 120_000)

  afterAll(() => sites?.stop())

  it(`answers ${count} flows as Django does`, { timeout: 60_000 + count * 10_000 }, async () => {
    const ran = await run(count, worlds)
    expect(ran.failure).toBeUndefined()
    if (engine === "db") expect(uncovered(count, ran)).toEqual([])
  })

  const apart = intendedAlone.filter(({ engines: some }) => some.includes(engine))
  it.each(apart)("differs on purpose: $name", async ({ ask, cookie, django, example }) => {
    const step = { browser: 0, at: "the example", ask, session: { header: cookie }, csrf: "own" } as const
    await Promise.all([worlds.django.place.restore(), worlds.example.place.restore()])
    const answered = async ({ world }: Worlds["django"]) => views(await walk([step], world), SECRET_KEY)[0]
    const [theirs, ours] = [await answered(worlds.django), await answered(worlds.example)]
    expect(theirs).toMatchObject(django)
    expect(ours).toMatchObject(example)
    expect({ ...ours, ...django }).toEqual(theirs)
  })
})
