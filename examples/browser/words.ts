/** Everything that a person reads. An app has one such list for each language. */
const english = {
  title: "Phone",
  near: "near the others",
  contacts: (count: number) => `${count} identifiers heard`,
  unknown: "Not looked yet.",
  none: "Nobody who reported was near you for long enough.",
  exposed: (day: string, minutes: number) =>
    `On ${day} you were near somebody who tested positive (${minutes} minutes).`,
  look: "Look now",
  code: "Code of the health authority",
  report: "Report my positive test",
  sent: "Your report was sent. Thank you.",
  sending: "Your report is being sent.",
  again: "This did not work and will be tried again by itself.",
  code_bad: "This code is not good. Check it, or ask for a new one.",
  limited: "The phone is limited: ",
}

const malay: typeof english = {
  title: "Telefon",
  near: "berdekatan dengan yang lain",
  contacts: count => `${count} pengecam didengar`,
  unknown: "Belum diperiksa.",
  none: "Tiada sesiapa yang melapor berada cukup lama berdekatan anda.",
  exposed: (day, minutes) => `Pada ${day} anda berada dekat dengan seseorang yang diuji positif (${minutes} minit).`,
  look: "Periksa sekarang",
  code: "Kod daripada pihak berkuasa kesihatan",
  report: "Laporkan ujian positif saya",
  sent: "Laporan anda telah dihantar. Terima kasih.",
  sending: "Laporan anda sedang dihantar.",
  again: "Ini tidak berjaya dan akan dicuba lagi secara automatik.",
  code_bad: "Kod ini tidak sah. Semak semula, atau minta kod baharu.",
  limited: "Telefon terhad: ",
}

export type Words = typeof english
export const wordsOf = (language: string): Words => (language.startsWith("ms") ? malay : english)
