import { longSuite, service } from "../rig/services.ts"
import { badInputOn } from "./bad-input-on-example.ts"

badInputOn("examples/koa/server.ts", longSuite(), service("postgres"))
