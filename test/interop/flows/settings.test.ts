/**
 * With other settings, the same at both sites, the example answers random flows as Django does, alone and alternating.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { exampleService } from "../../rig/example.ts"
import { required, service, serviceOf } from "../../rig/services.ts"
import { run, uncovered } from "./run.ts"
import { breakGround, type Ground } from "./sites.ts"
import { type Varied, variations } from "./varied.ts"
import { type Running, startWorlds } from "./worlds.ts"

const asked = Number(process.env["LATCHKEY_INTEROP_SETTINGS"] || 0)
/** Twice as many flows when a part of each is not compared. */
const countFor = ({ intended = [] }: Varied): number => (asked || 25) * (intended.some(({ parts }) => parts) ? 2 : 1)
const services = [
  service("postgres"),
  djangoService(),
  exampleService(),
  serviceOf(asked > 0 || required ? undefined : "settings are varied only with LATCHKEY_INTEROP_SETTINGS=25")
]

describe.skipIf(!services.every(({ available }) => available))("beside Django, on its database", () => {
  let ground: Ground | undefined
  beforeAll(async () => {
    ground = await breakGround()
  })
  afterAll(() => ground?.stop(), 60_000)

  for (const varied of variations)
    describe(`with ${varied.name}`, () => {
      const count = countFor(varied)
      let running: Running | undefined
      beforeAll(async () => {
        if (ground !== undefined) running = await startWorlds(ground, "db", varied)
      }, 240_000)
      afterAll(() => running?.stop(), 60_000)

      it(`answers ${count} flows as Django does, alone and alternating`, {
        timeout: 60_000 + count * 10_000
      }, async () => {
        const { worlds } = running ?? expect.fail("no sites")
        const ran = await run(count, worlds)
        expect(ran.failure).toBeUndefined()
        expect(uncovered(count, ran, varied.intended)).toEqual([])
      })
    })
})
