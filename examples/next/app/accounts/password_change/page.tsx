import { requireUser } from "latchkey/next/reader"
import { passwordRules } from "../../../../site/forms/password-change.ts"
import { Frame } from "../../../components/frame.tsx"
import { auth } from "../../../lib/application.ts"
import { visitor } from "../../../lib/visitor.ts"
import { PasswordChangeForm } from "./password-change-form.tsx"

const PasswordChange = async () => {
  const { username } = await requireUser(auth(), "/accounts/password_change/")
  return (
    <Frame path="/accounts/password_change/" visitor={await visitor()}>
      <PasswordChangeForm username={username} rules={passwordRules} />
    </Frame>
  )
}

export default PasswordChange
