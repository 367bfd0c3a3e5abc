import { accountForm } from "latchkey/next/account-actions"
import { AccountForm } from "latchkey/next/account-form"
import { accountOptions } from "../../lib/account-options"
import { auth } from "../../lib/auth"
import { logIn } from "./actions"

interface Props {
  readonly searchParams: Promise<{ readonly next?: string }>
}

const Page = async ({ searchParams }: Props) => {
  const form = await accountForm(auth, "login", accountOptions)
  return (
    <main>
      <h1>{form.title}</h1>
      <AccountForm form={form} action={logIn} next={(await searchParams).next} />
    </main>
  )
}

export default Page
