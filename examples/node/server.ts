/** A small site with a real login, on Node's own http server. README.md lists its environment variables. */
import { nodeAuth } from "latchkey/node"
import { connectAccounts } from "latchkey/node/accounts"
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { nodeSite } from "./handler.ts"

const application = await openApplication(process.env)
const { auth, config, mail } = application
const { handler, options } = nodeSite(auth, {
  demoUser: config.demoUser,
  accountPages: config.demoUser && "/account"
})
const site = nodeAuth(auth, handler, options)

/**
 * The account pages that latchkey comes with. The links in mails have the host of the request. That is safe here only
 * because the server listens on loopback: set `allowedHosts` of `createAuth` to your own hosts, or `origin` here.
 */
const accounts = connectAccounts(auth, {
  path: "/account",
  siteName: "latchkey demo",
  loginRedirectUrl: "/",
  mail,
  signUp: true,
  rememberMe: true,
  deactivation: true,
  deletion: true
})

serve(application, (req, res) => accounts(req, res, () => void site(req, res)))
