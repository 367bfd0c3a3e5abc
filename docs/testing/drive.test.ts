import { Core } from "latchkey"
import { type AnswerTo, coreScene, drive, type SceneUser } from "latchkey/testing"
import { expect, test } from "vitest"

const scene = coreScene({ users: { alice: "an encoded password" } })

test("a cookie whose session is gone leads to an empty session", () => {
  const { session, state } = scene.request("a".repeat(32))
  const first = Core.OpenSession.openSession(state, session)
  const done = drive(first, { LoadSession: scene.loadSession }, (step, answer: AnswerTo<Core.LoadSession, SceneUser>) =>
    Core.OpenSession.resume(scene.settings, step.request, step.session, step.state, answer, scene.moment())
  )
  expect([done.effects, Core.Session.isEmpty(done.value)]).toEqual([[], true])
})
