import { site } from "../auth"

/** How many sessions have been loaded so far. */
export const GET = () => Response.json(site.loads)
export const dynamic = "force-dynamic"
