/**
 * An instant in HTTP's format: `Tue, 14 Nov 2023 22:13:20 GMT`. Fractions of a second are dropped.
 *
 * @param at epoch milliseconds, between the years 0 and 9999
 * @see RFC 9110 section 5.6.7; Django: django.utils.http.http_date
 */
export const httpDate = (at: number): string => new Date(at).toUTCString()
