import { html, type TemplateResult } from "lit-html"
import encodeQR from "qr"

/** A QR code as a picture that needs neither a file nor a style. Dark on light in every theme: cameras expect it. */
export function qrPicture(text: string, label: string): TemplateResult {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 2 })
  const dark = rows.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])))
  const side = `0 0 ${rows.length} ${rows.length}`
  return html`<svg class="qr" role="img" aria-label=${label} viewBox=${side}>
    <rect width="100%" height="100%" fill="#fff"></rect>
    <path d=${dark.join("")} fill="#000"></path>
  </svg>`
}
