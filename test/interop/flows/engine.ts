/**
 * Random flows on one session engine: the example answers them as Django alone does, by itself, and when requests
 * alternate between both on one database. Each engine has a file, so that two can run at the same time.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { exampleService } from "../../rig/example.ts"
import { type Service, service } from "../../rig/services.ts"
import { reshaped, views } from "./compare.ts"
import { intendedAlone } from "./differences.ts"
import { runRotation } from "./rotation.ts"
import { flowCount, run, uncovered } from "./run.ts"
import { breakGround, type Engine, type Ground } from "./sites.ts"
import type { Step } from "./step.ts"
import { walk } from "./walk.ts"
import { type Inhabited, type Running, startWorlds } from "./worlds.ts"

/** @param needs what the engine needs besides Django, the example and PostgreSQL */
export const testEngine = (engine: Engine, ...needs: ReadonlyArray<Service>): void => {
  const services = [service("postgres"), djangoService(), exampleService(), ...needs]

  describe.skipIf(!services.every(({ available }) => available))(`beside Django: engine ${engine}`, () => {
    const count = flowCount(engine === "db" ? "db" : "other")
    let ground: Ground | undefined
    let running: Running | undefined
    const sites = (): Running => running ?? expect.fail("no sites")
    beforeAll(async () => {
      ground = await breakGround()
      running = await startWorlds(ground, engine)
    }, 240_000)
    afterAll(async () => {
      await running?.stop()
      await ground?.stop()
    })

    it(`answers ${count} flows as Django does, alone and alternating`, {
      timeout: 60_000 + count * 10_000
    }, async () => {
      const ran = await run(count, sites().worlds)
      expect(ran.failure).toBeUndefined()
      expect(uncovered(count, ran)).toEqual([])
    })

    const apart = intendedAlone.filter(({ engines: some }) => some.includes(engine))
    it.each(apart)("differs on purpose: $name", async ({ ask, before, django, example, session }) => {
      const { worlds } = sites()
      const step: Step = { browser: 0, at: "the example", ask, session, csrf: "own" }
      const answered = async ({ place, world }: Inhabited) => {
        await place.restore()
        return views(await walk([...before, step], world))
      }
      const [theirs, ours] = [await answered(worlds.django), await answered(worlds.example)]
      expect(theirs.at(-1)).toMatchObject(django)
      const rows = [...before.map((one) => one.ask.row), ask.row]
      const expected = theirs.map((one, index) => reshaped(rows[index] ?? "", one))
      expect(ours.slice(0, -1)).toEqual(expected.slice(0, -1))
      expect(ours.at(-1)).toMatchObject(reshaped(ask.row, example))
      expect({ ...ours.at(-1), ...reshaped(ask.row, django) }).toEqual(expected.at(-1))
    })

    // This test is last, because the sites keep the other key afterwards.
    const rotations = Math.max(2, Math.ceil(count / 10))
    it(`keeps users logged in during ${rotations} flows when the secret key is rotated`, {
      timeout: 120_000 + rotations * 10_000
    }, async () => {
      const { failure, greeted } = await runRotation(rotations, sites())
      expect(failure).toBeUndefined()
      // Each user is still logged in, and has been given another session.
      expect(greeted).toHaveLength(2 * rotations)
      for (const { answer } of greeted) {
        expect({ status: answer.status, cookies: answer.setCookie.map((header) => header.split("=")[0]) }).toEqual({
          status: 200,
          cookies: ["sessionid"]
        })
      }
    })
  })
}
