/**
 * Deadlines of stores for tests of anything but deadlines: on a busy machine an answer of PostgreSQL or Redis may take longer
 * than the defaults, which are from one to three seconds.
 */

/** For PostgreSQL. */
export const patient = { deadlineSeconds: 20, connectTimeoutSeconds: 20, operationDeadlineSeconds: 20 } as const

/** For Redis. */
export const patientRedis = { deadlineSeconds: 20 } as const
