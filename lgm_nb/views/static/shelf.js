// The shelf: finished runs, each one click from opening; two that are marked are shown side by side.
import { el, say } from './dom.js';
import { levelHeadings } from './page.js';
import { download } from './picture.js';
import { drawOnce, drawTile } from './sheet.js';
import { bytesOf } from './hear.js';

/** @typedef {import('./protocol.js').Shelved} Shelved */
/**
 * @typedef {object} ShelfOptions
 * @property {(key: string | null) => void} open called with the key of a run, null for that of the view
 * @property {(keys: string[]) => void} compare called with two keys
 * @property {() => void} page called for a page of what is shown
 * @property {Element} matrix shown below the runs
 */

const NOW = { key: null, title: '', note: '', result: '', place: 'the run of this cell' };
const DROPPED = 'Two are compared: the first mark was taken off.';

export class Shelf {
  /** @param {ShelfOptions} options */
  constructor({ open, compare, page, matrix }) {
    this.open = open;
    this.compare = compare;
    /** @type {string[]} */
    this.marked = [];
    /** @type {string[]} */
    this.shown = [];
    this.paging = false; // whether a page was asked for: the kernel sends it to every view
    this.strip = el('ul', { class: 'strip', 'aria-label': 'Finished runs' });
    this.page = el('button', {
      type: 'button', class: 'text', title: 'Download what is shown as one file that plays without a kernel',
      on: { click: () => { this.paging = true; this.said('Making the page …'); page(); } },
    }, 'Download page');
    this.toggle = el('button', {
      type: 'button', class: 'text', title: 'Finished runs: open one, compare two, see all in a matrix',
      'aria-expanded': 'false', on: { click: () => this.unfold(this.node.hidden) },
    }, 'Runs');
    this.now = this.card(NOW, null);
    this.text = el('output', { class: 'note' });
    this.bar = el('div', { class: 'lgm acts' }, this.toggle, this.page, this.text);
    this.node = el('section', { class: 'lgm shelf', hidden: true },
      el('h4', {}, 'Runs', el('small', {}, 'open one, or mark two to compare them')), this.strip, matrix);
  }

  /** @param {boolean} open */
  unfold(open) {
    this.node.hidden = !open;
    this.toggle.setAttribute('aria-expanded', `${open}`);
  }

  /** @param {import('./protocol.js').TellRuns} message @param {DataView | undefined} pixels */
  fill({ runs, thumbs, each }, pixels) {
    say(this.toggle, `Runs (${runs.length})`);
    const focused = this.strip.querySelector(':focus')?.getAttribute('data-key') ?? null;
    this.marked = this.marked.filter(key => runs.some(run => run.key === key));
    const cards = runs.map(run => this.card(run, el('canvas', { 'aria-hidden': 'true', width: 1, height: 1 })));
    this.strip.replaceChildren(this.now, ...cards);
    levelHeadings(this.node);
    if (thumbs && pixels) this.paint(cards, { ...thumbs, data: bytesOf(pixels) }, each);
    if (focused !== null) this.focus(focused);
  }

  /** @param {string} key */
  focus(key) {
    const node = this.strip.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (node instanceof HTMLElement) node.focus();
  }

  /** @param {Element[]} cards @param {import('./protocol.js').Sheet} sheet @param {number} each */
  paint(cards, sheet, each) {
    const tile = el('canvas'), { side } = sheet;
    drawOnce(sheet, bitmap => cards.forEach((card, k) => {
      const canvas = /** @type {HTMLCanvasElement} */ (card.querySelector('canvas'));
      canvas.width = each * side;
      canvas.height = side;
      for (let i = 0; i < each; i++) {
        drawTile(tile, bitmap, sheet, k * each + i);
        canvas.getContext('2d')?.drawImage(tile, i * side, 0);
      }
    }));
  }

  /** @param {Shelved | typeof NOW} run @param {Element | null} picture */
  card({ key, title, note, result, place }, picture) {
    const name = key ?? '';
    return el('li', { class: 'run-card' },
      el('button', {
        type: 'button', 'data-key': name, 'data-run': name, on: { click: () => this.open(key) },
      }, picture, el('b', {}, title), el('span', {}, note),
      el('span', {}, [result, place].filter(Boolean).join(' · '))),
      key === null ? null : el('label', { class: 'mark' }, el('input', {
        type: 'checkbox', 'data-key': `mark ${name}`, 'data-mark': name, 'aria-label': `Compare ${title}, ${place}`,
        on: { change: () => this.choose(key) },
      }), 'compare'));
  }

  /** @param {string} key */
  choose(key) {
    const marked = this.marked.includes(key), dropped = !marked && this.marked.length === 2;
    this.marked = marked ? this.marked.filter(k => k !== key) : [...this.marked, key].slice(-2);
    this.mark(this.shown);
    if (this.marked.length === 2) {
      this.said(dropped ? DROPPED : '');
      this.compare(this.marked);
    } else if (this.shown.length === 2) this.open(this.marked[0] ?? null);
    else this.said(this.marked.length ? 'Mark a second run to compare.' : '');
  }

  /** What the run of the view distils. @param {import('./protocol.js').RunFacts} facts */
  describe({ title = '', note = '' }) {
    const [heading, line] = this.now.querySelectorAll('b, span');
    say(heading, title);
    say(line, note);
  }

  /** Show which runs are shown, and which are marked. @param {string[]} shown keys; none for the run of the view */
  mark(shown) {
    this.shown = shown;
    for (const button of this.strip.querySelectorAll('[data-run]')) {
      const key = button.getAttribute('data-run') || null;
      button.setAttribute('aria-current', `${key === null ? !shown.length : shown.includes(key)}`);
    }
    for (const box of this.strip.querySelectorAll('[data-mark]')) {
      if (box instanceof HTMLInputElement) box.checked = this.marked.includes(box.getAttribute('data-mark') ?? '');
    }
    if (shown.length < 2 && this.text.value === DROPPED) this.said('');
    this.page.disabled = shown.length === 2;
  }

  /** A page has arrived: the browser saves it. @param {string} name of the file @param {DataView} html */
  save(name, html) {
    if (!this.paging) return; // another view has asked
    this.paging = false;
    download(new Blob([bytesOf(html)], { type: 'text/html' }), name);
    this.said(`Downloaded ${name}.`);
  }

  /** @param {string} text */
  said(text) {
    say(this.text, text);
  }

  /** Without a kernel, only what has arrived can be opened. @param {Map<string, any>} films @param {string} why */
  lose(films, why) {
    this.said(why);
    this.page.disabled = true;
    for (const node of this.strip.querySelectorAll('[data-run], [data-mark]')) {
      const key = node.getAttribute('data-run') ?? node.getAttribute('data-mark') ?? '';
      if (key && !films.has(key)) node.setAttribute('disabled', '');
    }
  }
}
