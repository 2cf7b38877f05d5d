import { code as codes } from "../../../crypto/index.ts"
import type { InLane } from "../../accounts/lanes.ts"
import { Refusal } from "../../refusal.ts"
import { filled, type SmsGateway, smsParts } from "../../sms.ts"
import { type Handlers, whoOf } from "./call.ts"

const ZEROS = codes.group("0".repeat(14))
const DOTS = ZEROS.replaceAll("0", "•")

export interface SmsSettings {
  /** undefined: none is configured. */
  readonly gateway: SmsGateway | undefined
  readonly texts: { readonly en: string; readonly ms: string }
  readonly inLane: InLane
}

/** Sending a code by SMS. Nothing of it is kept or logged. */
export function smsHandlers({ gateway, texts, inLane }: SmsSettings): Handlers<"previewSms" | "sendSms"> {
  const textOf = (language: "en" | "ms", code: string, expiresAt: number): string => {
    const until = `${new Date(expiresAt * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`
    return filled(texts[language], { code, until })
  }

  function requireGateway(): SmsGateway {
    if (gateway === undefined) throw new Refusal("sms-off")
    return gateway
  }

  return {
    async previewSms(_call, { language, expiresAt }) {
      requireGateway()
      const text = textOf(language, DOTS, expiresAt)
      return { text, characters: [...text].length, parts: smsParts(text.replace(DOTS, ZEROS)) }
    },
    async sendSms(call, { number, code: typed, language, expiresAt }) {
      const taken = requireGateway()
      const code = codes.parse(typed)
      if (code === undefined) throw new Refusal("code-format")
      if (whoOf(call).session.training) return undefined
      const text = textOf(language, codes.group(code), expiresAt)
      await inLane("known", () =>
        taken.send(number, text).catch(cause => {
          throw new Refusal("sms-failed", { cause })
        }),
      )
      return undefined
    },
  }
}
