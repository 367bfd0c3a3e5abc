/**
 * The application that `server.ts` opened. Next puts pages, routes and the proxy into separate bundles, and each bundle
 * has its own copy of this module. So the application is kept in an object that the whole process shares.
 */
import type { MailQueue } from "latchkey"
import type { Application, SiteAuth } from "../../site/application.ts"
import type { Login } from "../../site/config.ts"

declare global {
  var latchkeyExample: Application | undefined
}

/** Called once, before Next handles the first request. */
export const share = (application: Application): void => {
  globalThis.latchkeyExample = application
}

/** Call it for each request, and not while a module loads: during a build no database is open. */
export const auth = (): SiteAuth => application().auth

/** The user whose name and password the login page shows. */
export const demoUser = (): Login | undefined => application().config.demoUser

/** The queue of mails. It may be named while a module loads, because the application is looked up for each mail. */
export const mail: MailQueue = {
  send: (outgoing) => application().mail.send(outgoing),
  drain: (options) => application().mail.drain(options)
}

const application = (): Application => {
  if (globalThis.latchkeyExample === undefined) throw new Error("server.ts has to open the application first")
  return globalThis.latchkeyExample
}
