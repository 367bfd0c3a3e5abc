declare namespace App {
  interface Locals {
    auth: import("../pages.ts").Context
  }
}
