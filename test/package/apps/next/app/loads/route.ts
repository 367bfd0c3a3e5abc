/** How many sessions have been loaded so far. */
export const GET = () => Response.json(globalThis.loads ?? 0)
export const dynamic = "force-dynamic"
