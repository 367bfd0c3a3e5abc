import type { DjangoUser } from "latchkey/postgres"
import { type Html, html } from "./html.ts"
import { layout, type Visitor } from "./layout.ts"

export interface ProfilePage {
  readonly visitor: NonNullable<Visitor>
  readonly user: DjangoUser
  /** A message that is shown once. */
  readonly notice: string | undefined
}

export const profilePage = ({ notice, user, visitor }: ProfilePage): Html =>
  layout({
    title: "Your profile",
    path: "/accounts/profile/",
    visitor,
    main: html`${notice === undefined ? undefined : html`<p class="notice" role="status">${notice}</p>`}
      <h1>Your profile</h1>
      <dl>
        <dt>Username</dt>
        <dd>${user.username}</dd>
        <dt>Name</dt>
        <dd>${`${user.firstName} ${user.lastName}`.trim() || "not given"}</dd>
        <dt>Email address</dt>
        <dd>${user.email || "not given"}</dd>
        <dt>Member since</dt>
        <dd>${time(user.joinedAt)}</dd>
        <dt>Last login</dt>
        <dd>${user.lastLoginAt === null ? "never" : time(user.lastLoginAt)}</dd>
      </dl>
      <p><a href="/accounts/password_change/">Change your password</a></p>`
  })

const time = (at: number): Html => {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`
}
