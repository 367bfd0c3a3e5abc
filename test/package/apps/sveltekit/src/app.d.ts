import type { Context } from "../pages.ts"

declare global {
  namespace App {
    interface Locals {
      auth: Context
    }
  }
}
