/** Settings that tests and the proxy need too. This module opens no connection. */
export const settings = {
  loginUrl: "/login",
  allowedHosts: process.env.ALLOWED_HOSTS?.split(",") // next start runs in production mode, where no host is allowed unasked
}
