// What a run says before it has sent itself: while its backbones are opened, a place of the right size is kept for it.
import { el, say } from './dom.js';
import { stateText } from './header.js';

/** @typedef {import('./protocol.js').Status} Status */
/** @typedef {import('./studio.js').Studio} Studio */

const OPENING = new Set(['preparing', 'pausing', 'paused', 'stopping']);
const HEIGHT = 420; // pixels of the place, where nothing stood

export class Foretold {
  /** @param {Studio} studio */
  constructor(studio) {
    this.studio = studio;
    this.run = -1; // whose place is kept, or was
    /** @type {string[]} */
    this.before = []; // keys of the finished runs that were shown
    this.place = el('div', { class: 'lgm place', hidden: true });
    this.blocks = el('div', { class: 'body', 'aria-hidden': 'true' },
      el('div', { class: 'grid' }, Array.from({ length: 10 }, () => el('i'))),
      el('div', { class: 'right' }, el('i'), el('i')));
  }

  /** Nothing is shown yet: say what will be, unless a run has already said something. @param {string | null} open */
  expect(open) {
    if (this.run < 0) say(this.studio.waiting, open === null ? 'Opening the backbones …' : 'Opening a finished run …');
  }

  /** The state of a run that is not shown yet. @param {Status} status @param {number} run */
  tell(status, run) {
    const { studio } = this, { state, message } = status;
    if (state === 'ready' && !message) return;
    if (OPENING.has(state)) this.keep(run);
    else this.leave();
    say(studio.waiting, message || stateText(status));
    if (this.place.hidden) studio.screen.before(studio.waiting);
    else this.place.replaceChildren(studio.waiting, this.blocks);
  }

  /** Replace what is shown by a place of its size, once for each run. @param {number} run */
  keep(run) {
    if (run === this.run) return;
    const { studio } = this, { screen, stage, wanted } = studio, height = screen.offsetHeight || stage.offsetHeight;
    this.run = run;
    this.before = wanted;
    studio.show([]);
    stage.hidden = true;
    this.place.style.height = stage.style.minHeight = `${height || HEIGHT}px`;
    this.place.hidden = false;
  }

  /** The run has failed, or was stopped: show again what stood there. */
  leave() {
    if (this.place.hidden) return;
    this.studio.show(this.before);
    this.studio.stage.style.minHeight = '';
  }
}
