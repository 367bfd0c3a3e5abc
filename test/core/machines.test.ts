/** What all state machines of the core have in common. */
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import type { Session } from "../../src/core/session/value/session.ts"
import type { Step } from "../../src/core/transition.ts"
import type { User } from "./auth/scene.ts"

type Request = Core.RequestState.RequestState<User>

/** State and answer are `never` here, because each machine has its own. */
type Resume = (
  settings: Core.RequestState.AuthSettings,
  request: Request,
  session: Session,
  state: never,
  answer: never,
  moment: Core.Moment
) => Core.Transition<Request, Session, unknown, unknown, Core.Query, User>

type ResumeWithoutRequest = (
  settings: Core.ModelBackend.ModelBackendSettings,
  state: never,
  answer: never,
  moment: Core.Moment
) => Step<unknown, unknown, Core.Query>

const ofRequests = {
  Authenticate: Core.Authenticate.resume,
  GetUser: Core.GetUser.resume,
  OpenSession: Core.OpenSession.resume,
  Respond: Core.Respond.resume
} satisfies Record<string, Resume>

const modelBackend = Core.ModelBackend.resume satisfies ResumeWithoutRequest

describe("every state machine", () => {
  for (const [name, resume] of Object.entries(ofRequests))
    it(`${name} resumes with settings, request, session, state, answer and moment`, () => {
      expect(resume).toHaveLength(6)
    })

  it("ModelBackend, which has neither request nor session, resumes with settings, state, answer and moment", () => {
    expect(modelBackend).toHaveLength(4)
  })
})

describe("the type of an answer", () => {
  it("is that of the query", () => {
    const answers: { readonly [Tag in Core.Query["_tag"]]: Core.AnswerTo<Extract<Core.Query, { _tag: Tag }>>["_tag"] } =
      {
        LoadSession: "SessionExpired",
        LoadUser: "UserAbsent",
        CommitSession: "KeyTaken",
        AskBackend: "Denied",
        FindUser: "UserAbsent",
        VerifyPassword: "Verified",
        DummyHash: "DummyHashed",
        HashPassword: "Hashed",
        UpgradePassword: "Superseded"
      }
    // @ts-expect-error A store does not answer with a user.
    const wrong: Core.AnswerTo<Core.LoadSession>["_tag"] = "UserFound"
    expect(Object.values(answers)).not.toContain(wrong)
  })
})
