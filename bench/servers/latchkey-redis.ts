/** latchkey on Node's http server, with sessions in Redis or in a Redis Cluster. */
import { redisClusterSessions, redisSessions } from "latchkey/redis"
import { authWith } from "./latchkey-work.ts"
import { serveOnNode } from "./serve-on-node.ts"

const urls = (process.env["REDIS_URLS"] ?? "").split(",")
const [url = ""] = urls
serveOnNode(authWith(urls.length > 1 ? redisClusterSessions({ urls }) : redisSessions({ url })))
