/**
 * With djangoVersions set for Django 3.2, the example answers as that Django does, alone and alternating with it on one
 * database.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { djangoService } from "../../rig/django.ts"
import { exampleService } from "../../rig/example.ts"
import { longSuite, service } from "../../rig/services.ts"
import { flowCount, run, uncovered } from "./run.ts"
import { breakGround, type Ground } from "./sites.ts"
import { type Running, startWorlds } from "./worlds.ts"

const services = [longSuite(), service("postgres"), djangoService("3.2"), exampleService()]

describe.skipIf(!services.every(({ available }) => available))("Django 3.2 and the example", () => {
  const count = flowCount("db")
  let ground: Ground | undefined
  let running: Running | undefined

  beforeAll(async () => {
    ground = await breakGround("3.2")
    running = await startWorlds(ground, "db")
  })

  afterAll(async () => {
    await running?.stop()
    await ground?.stop()
  })

  it(`answer ${count} flows alike, the example alone and alternating`, {
    timeout: 60_000 + count * 10_000
  }, async () => {
    if (running === undefined) throw new Error("no sites")
    const ran = await run(count, running.worlds)
    expect(ran.failure).toBeUndefined()
    expect(uncovered(count, ran)).toEqual([])
  })
})
