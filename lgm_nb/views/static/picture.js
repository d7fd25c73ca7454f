// One image, large: sharp or smooth, saved or copied as PNG.
import { el, say, rendering } from './dom.js';

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
const png = canvas => new Promise((resolve, reject) =>
  canvas.toBlob(blob => blob ? resolve(blob) : reject(new Error('no PNG')), 'image/png'));

/** @param {Blob} blob @param {string} name of the file */
export function download(blob, name) {
  const link = el('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export class Picture {
  /** @param {number} side pixels */
  constructor(side) {
    this.name = '';
    this.canvas = el('canvas', { class: 'big', width: side, height: side, role: 'img' });
    this.smooth = this.toggle('Smooth', 'Smooth the pixels', on => this.soften(on));
    this.large = this.toggle('Larger', 'Show the image larger', on => this.canvas.classList.toggle('larger', on));
    this.said = el('output', { class: 'note' });
    const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
      el('button', { type: 'button', class: 'text', on: { click } }, text);
    this.node = el('div', { class: 'picture' }, this.canvas, el('div', { class: 'acts' },
      this.large, this.smooth, button('Save PNG', () => this.save()),
      globalThis.navigator?.clipboard ? button('Copy', () => this.copy()) : null, this.said));
    const smooth = rendering(side) !== 'pixelated';
    this.smooth.setAttribute('aria-pressed', `${smooth}`);
    this.soften(smooth);
  }

  /** @param {string} text @param {string} title @param {(on: boolean) => void} change */
  toggle(text, title, change) {
    const button = el('button', { type: 'button', class: 'text', 'aria-pressed': 'false', title, on: { click: () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', `${on}`);
      change(on);
    } } }, text);
    return button;
  }

  /** @param {boolean} smooth */
  soften(smooth) {
    this.canvas.style.setProperty('--rendering', smooth ? 'auto' : 'pixelated');
  }

  /** @param {string} name of the class */
  title(name) {
    if (name !== this.name) say(this.said, '');
    this.name = name;
    this.canvas.setAttribute('aria-label', `${name}, large`);
  }

  async save() {
    download(await png(this.canvas), `${this.name.replace(/[^\p{L}\p{N}_-]+/gu, '-') || 'image'}.png`);
    say(this.said, 'Saved.');
  }

  async copy() {
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png(this.canvas) })]);
      say(this.said, 'Copied.');
    } catch {
      say(this.said, 'The browser does not allow it; save the PNG instead.');
    }
  }
}
