// Lines of help, one of which is shown: of the term that is pointed at, focused or tapped. Escape hides it.
import { el } from './dom.js';
import { HELP, helpId } from './help.js';

const APART = 5; // pixels between a term and its line
const MARGIN = 8; // between a line and the edge of the window
const LINGER = 200; // milliseconds in which a pointer can move from a term to its line

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const termAt = target => target instanceof Element ? target.closest('.term') : null;

export class Tips {
  /** @param {ShadowRoot} root */
  constructor(root) {
    this.root = root;
    /** @type {HTMLElement | null} */
    this.term = null; // whose line is shown
    /** @type {HTMLElement | null} */
    this.line = null; // that is shown
    this.hovered = false; // whether it is shown because the term is pointed at
    this.hushed = ''; // term whose line was hidden, until pointer or focus leave it
    this.pressed = false; // whether the line was shown for good as the pointer went down
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.node = el('div', { class: 'tips' }, Object.entries(HELP).map(([term, text]) =>
      el('p', { id: helpId(term), role: 'tooltip', popover: 'manual', hidden: true }, text)));
    this.listen(/** @type {any} */ (root), {
      pointermove: e => this.point(e), focusin: e => this.focus(termAt(e.target)), click: e => this.click(e),
      focusout: () => { this.hushed = ''; this.hide(); },
      pointerdown: e => { this.pressed = !!this.term && this.term === termAt(e.target) && !this.hovered; },
    });
    root.host.addEventListener('pointerleave', () => this.leave());
  }

  /** @param {EventTarget} target @param {Record<string, (event: any) => void>} listeners */
  listen(target, listeners) {
    for (const [name, f] of Object.entries(listeners)) target.addEventListener(name, f);
  }

  // While a line is shown, the window listens before the page does: JupyterLab takes keys at the document.
  escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.hush();
  };
  outside = (/** @type {Event} */ event) => {
    if (!event.composedPath().some(node => node === this.term || node === this.node)) this.hide();
  };
  /** @param {PointerEvent} event */
  point(event) {
    if (event.pointerType === 'touch') return;
    const term = termAt(event.target);
    if (!term) return event.target instanceof Node && this.node.contains(event.target) ? this.stay() : this.leave();
    this.stay();
    if (term === this.term || term.dataset.help === this.hushed) return;
    this.show(term);
    this.hovered = true;
  }

  /** @param {HTMLElement | null} term */
  focus(term) {
    if (term && term.dataset.help !== this.hushed) this.show(term);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const term = termAt(event.target), shown = event.detail ? this.pressed : term === this.term;
    if (!term) return;
    if (shown) this.hush();
    else this.show(term);
  }

  stay() {
    clearTimeout(this.timer);
  }

  /** The pointer has left: hide the line unless its term has the focus. */
  leave() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.term || this.term !== this.root.activeElement) { this.hushed = ''; this.hide(); }
    }, LINGER);
  }

  hush() {
    this.hushed = this.term?.dataset.help ?? '';
    this.hide();
  }

  /** @param {HTMLElement} term */
  show(term) {
    this.hide();
    this.term = term;
    this.hovered = false;
    this.hushed = '';
    this.line = this.root.getElementById(helpId(term.dataset.help ?? ''));
    if (!this.line) return;
    this.line.hidden = false;
    this.line.showPopover?.();
    this.watch('addEventListener');
    this.follow();
  }

  hide() {
    clearTimeout(this.timer);
    if (this.line) {
      this.line.hidePopover?.();
      this.line.hidden = true;
      this.watch('removeEventListener');
    }
    this.term = this.line = null;
  }

  /** @param {'addEventListener' | 'removeEventListener'} act */
  watch(act) {
    window[act]('keydown', /** @type {any} */ (this.escape), true);
    window[act]('pointerdown', this.outside, true);
  }

  /** Stay beside the term, whatever moves it: scrolling, or what happens above it. */
  follow() {
    const { line } = this;
    this.place();
    if (line && line === this.line) requestAnimationFrame(() => { if (line === this.line) this.follow(); });
  }

  /** Put the line below its term, or above it at the end of the window. */
  place() {
    const { term, line } = this;
    if (!term?.isConnected || !line) return this.hide();
    const at = term.getBoundingClientRect(), { width, height } = line.getBoundingClientRect();
    const right = document.documentElement.clientWidth - width - MARGIN, below = at.bottom + APART;
    const top = below + height > innerHeight - MARGIN ? at.top - APART - height : below;
    line.style.left = `${Math.max(MARGIN, Math.min(at.left, right))}px`;
    line.style.top = `${Math.max(MARGIN, top)}px`;
  }
}
