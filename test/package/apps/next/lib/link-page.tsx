import { type AccountAction, type AccountLinkFormName, accountLinkForm } from "latchkey/next/account-actions"
import { AccountForm } from "latchkey/next/account-form"
import { accountOptions } from "./account-options"
import { auth } from "./auth"

interface Props {
  readonly params: Promise<{ readonly uid: string }>
}

/** The page of a link in a mail, with the form of this name. */
export const linkPage = (name: AccountLinkFormName, action: AccountAction) => {
  const Page = async ({ params }: Props) => {
    const form = await accountLinkForm(auth, name, (await params).uid, accountOptions)
    return (
      <main id="own">
        <h1>{form.title}</h1>
        <AccountForm form={form} action={action} />
      </main>
    )
  }
  return Page
}
