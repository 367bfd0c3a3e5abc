import type { AnswerTo, Command, Query } from "../../core/effect.ts"
import type { Transition } from "../../core/transition.ts"

export type { AnswerTo } from "../../core/effect.ts"

/** A function for each kind of query, which returns one of the answers `Answer` that this query wants. */
export type Answers<Asked extends Query, Answer = AnswerTo<Asked>> = {
  readonly [Tag in Asked["_tag"]]: (
    query: Extract<Asked, { readonly _tag: Tag }>
  ) => Extract<Answer, AnswerTo<Extract<Asked, { readonly _tag: Tag }>>>
}

/** A transition that waits for an answer. */
export type Paused<Step> = Extract<Step, { readonly _tag: "Paused" }>

/** A transition that has ended. `effects` are those of all its steps. */
export type Driven<Step> = Extract<Step, { readonly _tag: "Done" }>

/**
 * Runs an operation of the core to its end: answers each query, and resumes.
 *
 * ```ts
 * const { value: session } = drive(
 *   Core.OpenSession.openSession(request, session),
 *   { LoadSession: () => ({ _tag: "SessionAbsent" }) },
 *   (paused, answer: AnswerTo<Core.LoadSession, User>) =>
 *     Core.OpenSession.resume(settings, paused.request, paused.session, paused.state, answer, moment)
 * )
 * ```
 *
 * @param answers a function for each kind of query
 * @param resume continues with the answer, whose annotation names the type of users
 */
export const drive = <
  Request,
  Session,
  State,
  Value,
  Asked extends Query,
  Answer extends AnswerTo<Asked> = AnswerTo<Asked>,
  Announced = never
>(
  first: Transition<Request, Session, State, Value, Asked, Announced>,
  answers: Answers<Asked, Answer>,
  resume: (
    paused: Paused<Transition<Request, Session, State, Value, Asked, Announced>>,
    answer: Answer
  ) => Transition<Request, Session, State, Value, Asked, Announced>
): Driven<Transition<Request, Session, State, Value, Asked, Announced>> => {
  const table: object = answers
  let step = first
  const effects: Array<Command<Announced>> = [...step.effects]
  while (step._tag === "Paused") {
    const answer: (query: Asked) => Answer = Reflect.get(table, step.query._tag)
    step = resume(step, answer(step.query))
    effects.push(...step.effects)
  }
  return { ...step, effects }
}
