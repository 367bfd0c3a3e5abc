import { type RouteConfig, route } from "@react-router/dev/routes"

export default [
  route("alone/:page", "routes/alone.ts"),
  route("alone-account", "routes/alone-account.tsx"),
  route("both", "routes/both.ts"),
  route("account", "routes/account.tsx"),
  route(":page", "routes/page.ts")
] satisfies RouteConfig
