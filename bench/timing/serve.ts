/**
 * Serves the site that `npm run timing` measures; the argument is the number of iterations of a new hash. Each answer says how much processor time the process had used, in all of
 * its threads, when the request came (`x-came-ms`) and when its answer began (`x-answered-ms`).
 */
import { createServer } from "node:http"
import { listen } from "../servers/listen.ts"
import { timingSite } from "./site.ts"

const site = await timingSite(Number(process.argv[2]))

const used = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

listen(
  createServer((req, res) => {
    const writeHead = res.writeHead.bind(res)
    res.writeHead = (...given: never) => {
      res.setHeader("x-answered-ms", used())
      return Reflect.apply(writeHead, undefined, given)
    }
    res.setHeader("x-came-ms", used())
    if (req.method === "GET") res.end()
    else site.listener(req, res)
  })
)
