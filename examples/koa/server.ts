/** A small site with a real login, on Koa. README.md in this folder says how to start it. */
import { accountPages } from "../site/account-pages.ts"
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { koaSite } from "./application.ts"

const application = await openApplication(process.env)
const { auth, config, mail } = application

serve(application, koaSite(auth, config.demoUser, accountPages(mail)).callback())
