/** A small site with a real login, on Koa. README.md in this folder says how to start it. */
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { koaSite } from "./application.ts"

const application = await openApplication(process.env)

serve(application, koaSite(application.auth, application.config.demoUser).callback())
