/**
 * The worlds that should be alike: Django alone, the example alone, and requests that alternate between both on one
 * database.
 */
import type { Site } from "../../rig/django.ts"
import { type IntendedWith, leftOut } from "./differences.ts"
import type { Engine, Ground, Place, Secrets } from "./sites.ts"
import { defaultNames } from "./step.ts"
import { stock, type Varied } from "./varied.ts"
import type { LeavesOut, World } from "./walk.ts"

export interface Inhabited {
  readonly name: string
  readonly world: World
  /** The owner of the database. The example alone and the alternating world share one, and run one after the other. */
  readonly place: Place
}

export interface Worlds {
  readonly engine: Engine
  readonly intended: ReadonlyArray<IntendedWith>
  /** What flows leave out in each world. */
  readonly leavesOut: LeavesOut
  readonly django: Inhabited
  readonly example: Inhabited
  readonly inTurns: Inhabited
}

export interface Running {
  readonly worlds: Worlds
  /** Stops the sites and starts them again on the same databases. */
  readonly restart: (secrets: Secrets) => Promise<Worlds>
  readonly stop: () => Promise<void>
}

export const SECRETS: Secrets = {
  secretKey: "asked-by-all-flows-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
  secretKeyFallbacks: []
}

/** The sites of all worlds of an engine, with these settings. */
export const startWorlds = async (ground: Ground, engine: Engine, varied: Varied = stock): Promise<Running> => {
  const [apart, shared] = [await ground.place(engine, varied), await ground.place(engine, varied)]
  const leavesOut = leftOut(engine)
  const { intended = [] } = varied
  const names = { ...defaultNames, ...varied.names }
  let sites: ReadonlyArray<Site> = []
  const end = async (): Promise<void> => {
    const ending = sites
    sites = []
    await Promise.all(ending.map((site) => site.stop()))
  }
  const start = async (secrets: Secrets): Promise<Worlds> => {
    const starting = [apart.django(secrets), shared.django(secrets), shared.example(secrets)] as const
    // When one site cannot start, those that did start are stopped too.
    sites = (await Promise.allSettled(starting)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
    const [reference, theirs, ours] = await Promise.all(starting)
    const { secretKey } = secrets
    return {
      engine,
      intended,
      leavesOut: (ask, session) => leavesOut(ask, session) || (varied.leavesOut?.(ask, session) ?? false),
      django: {
        name: "Django alone",
        place: apart,
        world: () => ({ by: "Django", names, secretKey, url: reference.url })
      },
      example: {
        name: "the example alone",
        place: shared,
        world: () => ({ by: "the example", names, secretKey, url: ours.url })
      },
      inTurns: {
        name: "both in turns",
        place: shared,
        world: ({ at }) => ({ by: at, names, secretKey, url: at === "Django" ? theirs.url : ours.url })
      }
    }
  }
  const stop = async (): Promise<void> => {
    await end()
    await Promise.all([apart.close(), shared.close()])
  }
  try {
    return {
      worlds: await start(SECRETS),
      restart: async (secrets) => {
        await end()
        return start(secrets)
      },
      stop
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}
