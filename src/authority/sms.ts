/** Hands a text to whoever sends it. Keeps neither the number nor the text. */
export interface SmsGateway {
  /** Rejects when the text was not taken; the error holds neither number nor text. */
  send(number: string, text: string): Promise<void>
}

export interface SmsWebhook {
  readonly url: string
  /** The Authorization header, if any. */
  readonly authorization?: string | undefined
  /** JSON in which {number} and {text} stand inside strings. */
  readonly body: string
  readonly timeoutMs: number
}

/** A template's places, filled in one pass: what is filled in is not looked through again. */
export const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{([a-z]+)\}/g, (place, name: string) => values[name] ?? place)

/** As it stands between the quotes of a JSON string. */
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** An SMS gateway that takes one POST for each text. Redirects are not followed: they would carry the code elsewhere. */
export function smsWebhook({ url, authorization, body, timeoutMs }: SmsWebhook): SmsGateway {
  return {
    async send(number, text) {
      const headers = { "content-type": "application/json", ...(authorization && { authorization }) }
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: filled(body, { number: inJson(number), text: inJson(text) }),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      }).catch(() => undefined)
      await response?.body?.cancel().catch(() => undefined)
      if (response?.ok !== true)
        throw new Error(`the SMS gateway answered ${response === undefined ? "nothing" : response.status}`)
    },
  }
}

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/

/** How many messages a text is sent as: 160 letters of GSM 03.38, or 70 when another is in it; fewer in parts. */
export function smsParts(text: string): number {
  const isGsm = GSM.test(text)
  const units = isGsm ? [...text].reduce((sum, one) => sum + ("^{}\\[~]|€".includes(one) ? 2 : 1), 0) : text.length
  const [alone, inParts] = isGsm ? [160, 153] : [70, 67]
  return units <= alone ? 1 : Math.ceil(units / inParts)
}
