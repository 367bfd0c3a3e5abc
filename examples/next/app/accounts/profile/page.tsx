import { requireUser } from "latchkey/next/reader"
import { headers } from "next/headers"
import { Frame } from "../../../components/frame.tsx"
import { Title } from "../../../components/title.tsx"
import { auth } from "../../../lib/application.ts"
import { noticeHeader } from "../../../lib/notice.ts"
import { visitor } from "../../../lib/visitor.ts"

const Profile = async () => {
  const user = await requireUser(auth(), "/accounts/profile/")
  const notice = (await headers()).get(noticeHeader)
  return (
    <Frame path="/accounts/profile/" visitor={await visitor()}>
      <Title>Your profile</Title>
      {notice !== null && (
        <p className="notice" role="status">
          {decodeURIComponent(notice)}
        </p>
      )}
      <h1>Your profile</h1>
      <dl>
        <dt>Username</dt>
        <dd>{user.username}</dd>
        <dt>Name</dt>
        <dd>{`${user.firstName} ${user.lastName}`.trim() || "not given"}</dd>
        <dt>Email address</dt>
        <dd>{user.email || "not given"}</dd>
        <dt>Member since</dt>
        <dd>
          <Time at={user.joinedAt} />
        </dd>
        <dt>Last login</dt>
        <dd>{user.lastLoginAt === null ? "never" : <Time at={user.lastLoginAt} />}</dd>
      </dl>
      <p>
        <a href="/accounts/password_change/">Change your password</a>
      </p>
    </Frame>
  )
}

/** @param at epoch milliseconds */
const Time = ({ at }: { readonly at: number }) => {
  const iso = new Date(at).toISOString()
  return <time dateTime={iso}>{`${iso.slice(0, 16).replace("T", " ")} UTC`}</time>
}

export default Profile
