import { accountLinkForm } from "latchkey/next/account-actions"
import { AccountForm } from "latchkey/next/account-form"
import { accountOptions } from "../../../../../lib/account-options"
import { auth } from "../../../../../lib/auth"
import { setPassword } from "./actions"

interface Props {
  readonly params: Promise<{ readonly uid: string }>
}

const Page = async ({ params }: Props) => {
  const { uid } = await params
  const form = await accountLinkForm(auth, "passwordResetConfirm", uid, accountOptions)
  return (
    <main id="own">
      <h1>{form.title}</h1>
      <AccountForm form={form} action={setPassword} />
    </main>
  )
}

export default Page
