/**
 * The application that `server.ts` has opened. Next puts pages, routes and the proxy into bundles of their own, each
 * with modules of its own: what they have in common is the process.
 */
import type { Application, SiteAuth } from "../../site/application.ts"
import type { Login } from "../../site/config.ts"

declare global {
  var latchkeyExample: Application | undefined
}

/** Once, before Next is asked anything. */
export const share = (application: Application): void => {
  globalThis.latchkeyExample = application
}

/** Asked for by every request, and not by modules while they load: a build opens no database. */
export const auth = (): SiteAuth => application().auth

/** The user that the login page names. */
export const demoUser = (): Login | undefined => application().config.demoUser

const application = (): Application => {
  if (globalThis.latchkeyExample === undefined) throw new Error("server.ts has to open the application first")
  return globalThis.latchkeyExample
}
