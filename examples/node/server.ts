/** A small site with a real login, on Node's own http server. README.md lists its environment variables. */
import { nodeAuth } from "latchkey/node"
import { openApplication } from "../site/application.ts"
import { serve } from "../site/serve.ts"
import { nodeSite } from "./handler.ts"

const application = await openApplication(process.env)
const { auth, config } = application
const { handler, options } = nodeSite(auth, config.demoUser)

serve(application, nodeAuth(auth, handler, options))
