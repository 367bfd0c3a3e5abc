/** Faults in the handling of device-bound sessions, to show that the exploration finds them. */
import * as Core from "../../src/core/index.ts"
import { offerOfBound } from "./device-operations.ts"
import type { Fault } from "./faults.ts"
import type { CoreFunctions, Ending } from "./request.ts"

const faulty = (name: string, changed: Partial<CoreFunctions>): Fault => ({
  name: `core: ${name}`,
  parts: { core: { ...Core, ...changed } }
})

const responding = (name: string, changed: (step: Ending) => Ending): Fault =>
  faulty(name, {
    Respond: {
      respond: (...input) => changed(Core.Respond.respond(...input)),
      resume: (...input) => changed(Core.Respond.resume(...input))
    }
  })

/** A core that gives the session a new key, and loses its binding. */
const withoutBinding = (session: Core.Session.LoadedSession): Core.Session.LoadedSession =>
  Core.Session.remove(session, Core.DeviceBinding.dataKey)

/** A core whose presences of devices are others. */
const seeing = (name: string, changed: Partial<Core.DevicePresence>): Fault =>
  faulty(name, {
    Session: {
      ...Core.Session,
      fromCookie: (key, device) =>
        Core.Session.fromCookie(key, device === undefined ? undefined : { ...device, ...changed })
    }
  })

const offer: Core.Command<never> = {
  _tag: "OfferRegistration",
  value: offerOfBound
}

export const deviceFaults: ReadonlyArray<Fault> = [
  faulty("a change of the password drops the binding", {
    updateSessionAuthHash: (...input) => {
      const after = Core.updateSessionAuthHash(...input)
      return { ...after, session: withoutBinding(after.session) }
    }
  }),
  responding("a new key drops the binding", (step) =>
    step._tag === "Paused" && step.query._tag === "CommitSession" && step.query.change._tag === "Move"
      ? {
          ...step,
          query: {
            ...step.query,
            change: {
              ...step.query.change,
              text: JSON.stringify(
                Array.from(JSON.parse(step.query.change.text)).filter((one) => !String(one).startsWith("_latchkey_"))
              )
            }
          }
        }
      : step
  ),
  seeing("a session without its proof is open", { isJudged: false }),
  seeing("a session with its proof is closed", { shortCookie: undefined }),
  faulty("a proof beside a new key is answered 404", {
    DeviceEndpoints: {
      ...Core.DeviceEndpoints,
      prove: (settings, base, session, ...more) =>
        Core.DeviceEndpoints.prove(settings, base, session._tag === "Gone" ? { _tag: "Anonymous" } : session, ...more)
    }
  }),
  faulty("a refresh stores the session", {
    DeviceEndpoints: {
      ...Core.DeviceEndpoints,
      prove: (settings, base, session, ...more) => {
        const step = Core.DeviceEndpoints.prove(settings, base, session, ...more)
        const stores = session._tag === "OfUser" ? session.binding : undefined
        return step._tag === "Answer" || stores === undefined ? step : { ...step, ifGood: { ...step.ifGood, stores } }
      }
    }
  }),
  faulty("a wrong proof is answered 200", {
    DeviceEndpoints: {
      ...Core.DeviceEndpoints,
      prove: (...input) => {
        const step = Core.DeviceEndpoints.prove(...input)
        return step._tag === "Answer" ? step : { ...step, ifWrong: step.ifGood }
      }
    }
  }),
  faulty("a registration replaces another one", {
    Session: {
      ...Core.Session,
      bind: (session, _, value) => Core.Session.set(session, Core.DeviceBinding.dataKey, value)
    }
  }),
  responding("a new key offers nothing", (step) => ({
    ...step,
    effects: step.effects.filter(({ _tag }) => _tag !== "OfferRegistration")
  })),
  responding("every new key offers a registration", (step) =>
    step._tag === "Done" && step.effects.some(({ _tag }) => _tag === "SetCookie")
      ? { ...step, effects: [...step.effects, offer] }
      : step
  )
]
