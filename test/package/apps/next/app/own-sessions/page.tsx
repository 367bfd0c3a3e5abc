import { accountForm, accountSessions } from "latchkey/next/account-actions"
import { AccountForm, AccountSessions } from "latchkey/next/account-form"
import { accountOptions } from "../../lib/account-options"
import { auth } from "../../lib/auth"
import { basePath } from "../../lib/base-path"
import { endSession, logOut } from "./actions"

const Page = async () => {
  const sessions = await accountSessions(auth, "/own-sessions", accountOptions)
  return (
    <main>
      <h1>{sessions.title}</h1>
      <AccountSessions sessions={sessions} action={endSession} next={`${basePath}/own-sessions`} />
      <AccountForm
        form={await accountForm(auth, "logout", accountOptions)}
        action={logOut}
        next={`${basePath}/own-login`}
      />
    </main>
  )
}

export default Page
