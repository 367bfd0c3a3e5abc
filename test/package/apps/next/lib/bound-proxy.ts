import { deviceBoundProxy } from "latchkey/next"
import { loginProxy } from "latchkey/next/proxy"
import { basePath } from "./base-path"
import { auth } from "./bound-auth"

const login = loginProxy({ loginUrl: `${basePath}/login` })
const device = deviceBoundProxy(auth)

/** The proxy of Next 16, which runs on Node. */
export const both = (request: Request): Response | undefined | Promise<Response | undefined> =>
  new URL(request.url).pathname.startsWith(`${basePath}/bound`) ? device(request) : login(request)
