import { loginProxy } from "latchkey/next/proxy"

export const proxy = loginProxy({ loginUrl: "/login" })
export const config = { matcher: ["/account"] }
