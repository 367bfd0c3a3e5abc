import { handler } from "./fetch.ts"

Deno.serve({ port: 3000 }, handler)
