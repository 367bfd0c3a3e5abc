import { loginProxy } from "latchkey/next/proxy"
import { basePath } from "./lib/base-path"

export const proxy = loginProxy({ loginUrl: `${basePath}/login` })
export const config = { matcher: ["/account", "/login"] }
