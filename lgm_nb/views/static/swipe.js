// One image over another; a slider moves the border between them.
import { el, rendering } from './dom.js';
import { KEEPS_ARROWS } from './transport.js';
import { copyCanvas } from './sheet.js';

export class Swipe {
  /** @param {string} label of the slider */
  constructor(label) {
    this.below = el('canvas', { role: 'img' });
    this.above = el('canvas', { role: 'img' });
    this.slider = el('input', {
      type: 'range', min: 0, max: 100, value: 50, step: 1, 'aria-label': label,
      on: { input: () => this.move(), ...KEEPS_ARROWS },
    });
    this.node = el('div', { class: 'swipe' },
      el('div', { class: 'over' }, this.below, this.above, el('i', { 'aria-hidden': 'true' }), this.slider));
    this.move();
  }

  move() {
    const share = +this.slider.value;
    this.node.style.setProperty('--share', `${share}%`);
    this.slider.setAttribute('aria-valuetext', `${share} % A, ${100 - share} % B`);
  }

  /**
   * @param {HTMLCanvasElement} a shown at the left
   * @param {HTMLCanvasElement} b shown at the right
   * @param {string[]} names
   */
  draw(a, b, names) {
    [[this.above, a], [this.below, b]].forEach(([own, other], i) => {
      if (own.width !== other.width) own.width = own.height = other.width;
      own.style.setProperty('--rendering', rendering(other.width));
      own.setAttribute('aria-label', names[i]);
      copyCanvas(other, own);
    });
  }
}
