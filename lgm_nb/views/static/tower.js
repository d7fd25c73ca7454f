// The levels of the pyramid: how many there are and, with a kernel, a choice of one.
import { el } from './dom.js';
import { helped } from './help.js';

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
    const focused = this.node.querySelector(':focus')?.getAttribute('data-level');
    this.node.replaceChildren(
      el('span', { class: 'lead', ...helped('pyramid') }, 'Pyramid'),
      ...live ? [this.button(0, 'all', true, level)] : [],
      ...film.sizes.map((size, i) => live
        ? this.button(i + 1, `${size}`, i < count, level)
        : el('span', { class: `level ${i < count ? 'full' : ''}` }, `${size}`)),
      el('span', { class: 'lead' }, 'px'));
    if (focused) this.buttonOf(focused)?.focus();
  }

  /** @param {string} level @returns {HTMLElement | null} */
  buttonOf(level) {
    return this.node.querySelector(`[data-level="${level}"]`);
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
