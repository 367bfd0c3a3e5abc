/** Django and the example on one database, each request to either, answer as Django does alone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { service } from "../../rig/services.ts"
import { flowCount, run, uncovered, type Worlds } from "./run.ts"
import { type Sites, startSites } from "./sites.ts"
import { alone } from "./walk.ts"

const available = [service("postgres"), service("redis"), djangoService()].every((needed) => needed.available)

describe.skipIf(!available).each(["db", "file", "signed_cookies", "cached_db", "cache"] as const)(
  "interleaved, engine %s",
  (engine) => {
    const count = flowCount(engine === "db" ? "db" : "other")
    let sites: Sites | undefined
    let worlds: Worlds

    beforeAll(async () => {
      sites = await startSites(engine)
      const [shared, apart] = await Promise.all([sites.place(), sites.place()])
      const [theirs, ours, reference] = await Promise.all([shared.django(), shared.example(), apart.django()])
      worlds = {
        engine,
        django: { world: alone("Django", reference), place: apart },
        example: { world: ({ at }) => ({ by: at, url: at === "Django" ? theirs : ours }), place: shared }
      }
    }, 120_000)

    afterAll(() => sites?.stop())

    it(`answers ${count} flows as Django alone does`, { timeout: 60_000 + count * 10_000 }, async () => {
      const ran = await run(count, worlds)
      expect(ran.failure).toBeUndefined()
      if (engine === "db") expect(uncovered(count, ran)).toEqual([])
    })
  }
)
