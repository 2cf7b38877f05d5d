const SECONDS_PER_HOUR = 3600

/** Hours since 1970: nothing finer is kept of when a code ends. */
export const hourOf = (unix: number): number => Math.floor(unix / SECONDS_PER_HOUR)

/** Rounded up: the exact end would tell the second at which the patient was told. */
export const endHour = (now: number, hours: number): number => Math.ceil(now / SECONDS_PER_HOUR) + hours

export const endOf = (hour: number): number => hour * SECONDS_PER_HOUR
