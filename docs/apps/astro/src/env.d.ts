declare namespace App {
  interface Locals {
    auth: import("latchkey").AuthContext<
      import("latchkey").UserOf<typeof import("./auth.ts").auth>,
      import("latchkey").FieldsOf<typeof import("./auth.ts").auth>
    >
  }
}
