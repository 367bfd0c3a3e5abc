import { handler } from "./fetch.ts"

Bun.serve({ port: 3000, fetch: handler })
