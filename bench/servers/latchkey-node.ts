/** latchkey on Node's http server. */
import { auth } from "./latchkey-work.ts"
import { serveOnNode } from "./serve-on-node.ts"

serveOnNode(auth)
