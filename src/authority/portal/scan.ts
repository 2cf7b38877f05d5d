import { html, nothing, type TemplateResult } from "lit-html"
import { frameLoop, QRCanvas, rearCamera } from "qr/dom.js"
import type { Portal } from "./portal.ts"

/** The text of a QR code: typed by a hand scanner, pasted, or seen by the camera. Pictures stay in the page. */
export class ScannedText {
  readonly #portal: Portal
  #text = ""
  #stop: (() => void) | undefined
  #failed = false

  constructor(portal: Portal) {
    this.#portal = portal
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  async #scan(): Promise<void> {
    this.#failed = false
    this.#stop = () => {}
    this.#portal.redraw()
    try {
      const video = document.querySelector<HTMLVideoElement>("#camera")!
      const camera = await rearCamera(video)
      const canvas = new QRCanvas()
      const look = async () => {
        const text = await camera.readFrame(canvas)
        if (typeof text !== "string" || this.#stop === undefined) return
        this.#text = text
        this.stop()
        this.#portal.redraw()
      }
      const cancel = frameLoop(() => void look(), video)
      this.#stop = () => {
        cancel()
        camera.stop()
      }
    } catch {
      this.#stop = undefined
      this.#failed = true
    }
    this.#portal.redraw()
  }

  view(): TemplateResult {
    const { sign, cancel } = this.#portal.words
    const typed = (event: Event) => {
      this.#text = (event.target as HTMLTextAreaElement).value
    }
    const scanning = this.#stop !== undefined
    const toggle = () => {
      if (!scanning) return void this.#scan()
      this.stop()
      this.#portal.redraw()
    }
    return html`<p class="field wide">
        <label for="scanned">${sign.scanned}</label>
        <textarea
          id="scanned"
          name="scanned"
          rows="3"
          required
          maxlength="512"
          spellcheck="false"
          autocomplete="off"
          aria-describedby="scanned-hint"
          .value=${this.#text}
          @input=${typed}
        ></textarea>
        <span class="hint" id="scanned-hint">${sign.hint}</span>
      </p>
      <p>
        <button type="button" @click=${toggle}>${scanning ? cancel : sign.camera}</button>
        <span role="alert">${this.#failed ? sign.noCamera : nothing}</span>
      </p>
      <video id="camera" aria-label=${sign.cameraLabel} playsinline muted ?hidden=${!scanning}></video>`
  }
}
