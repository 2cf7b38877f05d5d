/**
 * What lets a page of another origin, an app in a browser, make the three requests of an action. Nothing here depends on
 * the request or names who asks: any origin, never credentials. A browser asks first, by a preflight, because the type
 * of the body is not one that a form could send; it does so for a report and for a cover action alike.
 */
export const CROSS_ORIGIN = {
  "Access-Control-Allow-Origin": "*",
  // When to come again, and the clock that this is said by.
  "Access-Control-Expose-Headers": "Retry-After, Date",
} as const

/** The whole answer to a preflight, of status 204 and without a body. Browsers keep it a day or less. */
export const PREFLIGHT = {
  ...CROSS_ORIGIN,
  "Access-Control-Allow-Methods": "POST",
  "Access-Control-Allow-Headers": "content-type",
  "Access-Control-Max-Age": "86400",
} as const
