import type { NextConfig } from "next"

const config: NextConfig = { cacheComponents: true, partialPrefetching: true } // as create-next-app writes it

export default config
