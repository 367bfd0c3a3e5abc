/** A small site with a real login, on Node's own http server. README.md lists its environment variables. */
import { nodeAuth } from "latchkey/node"
import { connectAccounts } from "latchkey/node/accounts"
import { accountPages } from "../site/account-pages.ts"
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { nodeSite } from "./handler.ts"

const application = await openApplication(process.env)
const { auth, config, mail } = application
const pages = accountPages(mail)
const { handler, options } = nodeSite(auth, {
  demoUser: config.demoUser,
  accountPages: config.demoUser && pages.path
})
const site = nodeAuth(auth, handler, options)
const accounts = connectAccounts(auth, pages)

serve(application, (req, res) => accounts(req, res, () => void site(req, res)))
