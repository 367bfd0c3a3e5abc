/**
 * Loaded first by the entries of the testing kit. In production it throws: forced logins, passwords that are stored
 * readable and predictable session keys must not become part of a running site by mistake.
 */
if (process.env["NODE_ENV"] === "production" && process.env["LATCHKEY_TESTING_IN_PRODUCTION"] !== "allowed")
  throw new Error(
    "latchkey/testing is for tests, and NODE_ENV is production. Remove the import from code that the site runs. " +
      "To run tests with NODE_ENV=production, set LATCHKEY_TESTING_IN_PRODUCTION=allowed."
  )
