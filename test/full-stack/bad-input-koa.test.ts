import { badInputOn } from "./bad-input-on-example.ts"

badInputOn("examples/koa/server.ts")
