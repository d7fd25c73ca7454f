// The head of a run: title, state, speed, progress, errors.
import { el, say } from './dom.js';
import { duration, rate } from './format.js';

/** @typedef {import('./protocol.js').Status} Status */
/** @typedef {import('./evolution.js').RunState} RunState */

/** @type {Record<string, string>} */
const STATES = {
  ready: 'Ready', preparing: 'Preparing', running: 'Running', pausing: 'Pausing', paused: 'Paused',
  measuring: 'Measuring', stopping: 'Stopping', finished: 'Finished', stopped: 'Stopped', failed: 'Failed',
  gone: 'No kernel',
};

/** What a run does, as text. @param {Status} status */
export const stateText = ({ state, doing }) => `${STATES[state] || state}${doing && ` · ${doing} …`}`;

/**
 * The progress of a run as text.
 * @param {Status} status
 * @param {number} steps planned
 */
export function progressText({ state, step, doing, rate: speed, left }, steps) {
  const running = state === 'running';
  return [
    doing,
    state !== 'ready' && `step ${step} of ${steps}`,
    running && speed && rate(speed),
    running && left && `${duration(left)} left`,
  ].filter(Boolean).join(' · ');
}

export class Header {
  constructor() {
    this.title = el('h3');
    this.note = el('p', { class: 'note' });
    this.chip = el('span', { class: 'chip', role: 'status' });
    this.numbers = el('span', { class: 'numbers' });
    this.done = el('i');
    this.bar = el('div',
      { class: 'bar', role: 'progressbar', 'aria-label': 'Steps done', 'aria-valuemin': 0 }, this.done);
    this.message = el('p', { class: 'message', role: 'alert', hidden: true });
    this.words = el('p', { class: 'words', role: 'status' });
    const head = el('header', {},
      el('div', {}, this.title, this.note), el('div', { class: 'state' }, this.chip, this.numbers));
    this.nodes = [head, this.bar, this.message, this.words];
  }

  /** @param {RunState} state */
  update({ film, status }) {
    say(this.title, film.title);
    say(this.note, film.note);
    say(this.words, film.words);
    const step = status?.step ?? film.frames.at(-1)?.step ?? 0;
    say(this.numbers, status ? progressText(status, film.steps) : `${step} ${step === 1 ? 'step' : 'steps'}`);
    this.chip.hidden = this.bar.hidden = !status;
    this.message.hidden = !status?.message;
    say(this.message, status?.message ?? '');
    if (!status) return;
    say(this.chip, STATES[status.state] || status.state);
    this.chip.dataset.state = status.state;
    this.bar.setAttribute('aria-valuemax', `${film.steps}`);
    this.bar.setAttribute('aria-valuenow', `${step}`);
    this.done.style.width = `${100 * step / film.steps}%`;
  }
}
