// The levels of the pyramid: how many there are and, with a kernel, a choice of one.
import { el, keepFocus } from './dom.js';
import { explained } from './help.js';

/** @typedef {import('./evolution.js').RunState} RunState */

/** Levels of the shown frame; the run itself is ahead of its last frame. @param {RunState} state */
function levelsOf({ frame, status, live, following }) {
  const shown = frame?.levels ?? 0;
  return live && following ? status?.levels ?? shown : shown;
}

export class Tower {
  /** @param {(level: number) => void} choose called when a level is clicked; 0 for all */
  constructor(choose) {
    this.choose = choose;
    this.node = el('div', { class: 'levels', role: 'group', 'aria-label': 'Levels of the pyramid' });
    this.shown = '';
  }

  /** @param {RunState} state */
  update(state) {
    const { film, level, live } = state, count = levelsOf(state), wanted = [count, level, ...film.sizes].join();
    if (wanted === this.shown) return;
    this.shown = wanted;
    keepFocus(this.node, () => this.node.replaceChildren(
      el('span', { class: 'lead' }, explained('pyramid', 'Pyramid')),
      ...live ? [this.button(0, 'all', true, level)] : [],
      ...film.sizes.map((size, i) => live
        ? this.button(i + 1, `${size}`, i < count, level)
        : el('span', { class: `level ${i < count ? 'full' : ''}` }, `${size}`)),
      el('span', { class: 'lead' }, 'px')));
  }

  /**
   * @param {number} k level
   * @param {string} text
   * @param {boolean} full whether the pyramid has it
   * @param {number} chosen
   */
  button(k, text, full, chosen) {
    return el('button', {
      type: 'button', class: `level ${full ? 'full' : ''}`, 'data-level': k, disabled: !full,
      'aria-pressed': `${chosen === k}`, title: k ? `Show the ${text} px level alone` : 'Show the whole images',
      on: { click: () => this.choose(k) },
    }, text);
  }
}
