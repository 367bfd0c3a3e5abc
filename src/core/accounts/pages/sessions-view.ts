/** The list of a user's sessions with its texts as plain data. */
import type { Texts } from "../texts/messages.ts"
import type { PageSession } from "./account-page.ts"

/** The sessions of a user. */
export interface SessionsView {
  /** The language of the texts, as a language tag. */
  readonly language: string
  /** The heading. */
  readonly title: string
  /** What the list is. */
  readonly text: string
  /** The sessions, in the order of the list. */
  readonly sessions: ReadonlyArray<SessionView>
  /** The button that ends all other sessions; `undefined`: there is no other session. */
  readonly endOthers: string | undefined
  /** The sentence that no other browser is logged in. */
  readonly none: string
}

/** One session. */
export interface SessionView {
  /** The value of the field `session` that ends this session. Not the session key. */
  readonly id: string
  /** The heading: the browser. */
  readonly title: string
  /** What is known about the session. */
  readonly facts: ReadonlyArray<SessionFact>
  /** The button that ends the session; `undefined`: it is the session of this request. */
  readonly end: EndButton | undefined
}

/** The button that ends one session. */
export interface EndButton {
  /** Its text. */
  readonly button: string
  /** How a screen reader names it: with the browser. */
  readonly label: string
}

/** One thing that is known about a session. */
export interface SessionFact {
  /** What it is. */
  readonly label: string
  /** Its value. */
  readonly text: string
  /** The attribute `datetime`, if the value is a time. */
  readonly dateTime?: string
}

/** @param timeZone the time zone of shown times, as in the IANA database */
export const sessionsView = (sessions: ReadonlyArray<PageSession>, texts: Texts, timeZone: string): SessionsView => ({
  language: texts.language,
  title: texts.text("sessions.title"),
  text: texts.text("sessions.text"),
  sessions: sessions.map((session) => sessionView(session, texts, timeZone)),
  endOthers: sessions.some(({ isCurrent }) => !isCurrent) ? texts.text("sessions.endOthers") : undefined,
  none: texts.text("sessions.none")
})

const sessionView = (
  { address, createdAt, id, isBound, isCurrent, lastSeenAt, userAgent }: PageSession,
  texts: Texts,
  timeZone: string
): SessionView => {
  const browser = userAgent === undefined || userAgent === "" ? texts.text("sessions.unknownBrowser") : userAgent
  return {
    id,
    title: isCurrent ? texts.text("sessions.current") : browser,
    facts: [
      { label: texts.text("sessions.loggedIn"), ...timeOf(createdAt, texts, timeZone) },
      { label: texts.text("sessions.lastSeen"), ...timeOf(lastSeenAt, texts, timeZone) },
      ...(address === undefined ? [] : [{ label: texts.text("sessions.address"), text: address }]),
      ...(isBound === undefined
        ? []
        : [
            {
              label: texts.text("sessions.device"),
              text: texts.text(isBound ? "sessions.bound" : "sessions.notBound")
            }
          ])
    ],
    end: isCurrent
      ? undefined
      : { button: texts.text("sessions.end"), label: texts.text("sessions.endNamed", { browser }) }
  }
}

/** @param at epoch milliseconds */
const timeOf = (at: number, { language }: Texts, timeZone: string): Omit<SessionFact, "label"> => {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return { text: "?" }
  const format = new Intl.DateTimeFormat(language, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
    timeZoneName: "short"
  })
  return { text: format.format(date), dateTime: date.toISOString() }
}
