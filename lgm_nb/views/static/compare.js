// Two finished runs side by side: one slider for both, one image over the other, what differs.
import { el, say, rendering } from './dom.js';
import { settle } from './page.js';
import { Film } from './film.js';
import { Swipe } from './swipe.js';
import { Transport } from './transport.js';

/** @typedef {import('./protocol.js').RunFacts} RunFacts */

const LETTERS = ['A', 'B'], LAST = 60; // positions of the slider, after 0

/**
 * The frame at a share of a run.
 * @param {Film} film
 * @param {number} share 0 to 1
 * @returns {import('./protocol.js').Frame | undefined}
 */
export function frameAt({ frames }, share) {
  const step = share * (frames.at(-1)?.step ?? 0);
  return frames.findLast(f => f.step <= step) ?? frames[0];
}

/**
 * Titles and values of what differs between two runs, as text; of accuracies all.
 * @param {RunFacts} a
 * @param {RunFacts} b
 * @returns {{settings: string[][], accuracies: string[][]}}
 */
export function differences(a, b) {
  const [p, q] = [a.settings ?? {}, b.settings ?? {}];
  const settings = [...new Set([...Object.keys(p), ...Object.keys(q)])].filter(key => p[key] !== q[key])
    .map(key => [key, p[key] ?? '–', q[key] ?? '–']);
  const last = (/** @type {RunFacts} */ facts) => new Map((facts.curves ?? []).flatMap(
    ({ name, points }) => points.length ? [/** @type {[string, number]} */ ([name, points.at(-1)?.[1] ?? 0])] : []));
  const [s, t] = [last(a), last(b)];
  const accuracies = [...new Set([...s.keys(), ...t.keys()])].map(name => {
    const [x, y] = [s.get(name), t.get(name)], text = (/** @type {number | undefined} */ v) => v?.toFixed(1) ?? '–';
    const gain = x === undefined || y === undefined ? '' : `${y < x ? '−' : '+'}${Math.abs(y - x).toFixed(1)}`;
    return [name, text(x), text(y), gain];
  });
  return { settings, accuracies };
}

/** @param {string} title @param {string[]} columns @param {string[][]} rows */
const table = (title, columns, rows) => el('div', { class: 'scroll' }, el('table', { class: 'pair' },
  el('thead', {}, el('tr', {}, [title, ...columns].map(text => el('th', { scope: 'col' }, text)))),
  el('tbody', {}, rows.map(([name, ...cells]) => el('tr', {},
    el('th', { scope: 'row' }, name), cells.map(cell => el('td', {}, cell)))))));

class CompareView {
  /** @param {Element} root @param {RunFacts} a @param {RunFacts} b */
  constructor(root, a, b) {
    this.facts = [a, b];
    this.films = this.facts.map(facts => new Film(facts));
    this.canvases = this.films.map(({ names, side }) => names.map(() => el('canvas', { width: side, height: side })));
    /** @type {HTMLButtonElement[][]} */
    this.tiles = [];
    this.image = 0;
    this.share = 1;
    this.drawn = {}; // what is drawn last
    this.swipe = new Swipe('Border between A and B');
    this.caption = el('p', { class: 'note', role: 'status' });
    this.transport = new Transport({
      label: 'Share of both runs', count: () => LAST + 1, milliseconds: 90, text: i => this.text(i / LAST),
      show: i => { this.share = i / LAST; this.draw(); },
    });
    const { settings, accuracies } = differences(a, b);
    const body = el('div', { class: 'lgm' }, el('header', {}, el('h3', {}, 'Two runs')),
      el('div', { class: 'pairs' }, this.films.map((film, k) => this.side(film, k))), this.transport.node,
      el('div', { class: 'cols' }, el('div', {}, this.swipe.node, this.caption), el('div', { class: 'grow' },
        settings.length ? table('What differs', LETTERS, settings)
          : el('p', { class: 'note' }, 'The recorded settings are the same.'),
        accuracies.length ? table('Top-1 of a probe, %', [...LETTERS, 'B − A'], accuracies) : null)));
    root.append(body);
    this.unsettle = settle(body);
    this.transport.go(LAST);
  }

  /** @param {number} share */
  text(share) {
    return this.films.map((film, k) => `${LETTERS[k]} step ${frameAt(film, share)?.step ?? 0}`).join(', ');
  }

  /** @param {Film} film @param {number} k */
  side(film, k) {
    const tiles = film.names.map((name, i) => el('button', {
      type: 'button', class: 'tile', 'aria-label': `${name} in ${LETTERS[k]}: lay A over B`, 'aria-pressed': 'false',
      on: { click: () => { this.image = this.imageIn(0, name, i); this.draw(); } },
    }, this.canvases[k][i], el('span', {}, name)));
    this.tiles.push(tiles);
    return el('section', { class: 'side' },
      el('h4', {}, el('b', { class: 'letter' }, LETTERS[k]), film.title, el('small', {}, film.note)),
      el('p', { class: 'note' }, film.words),
      el('div', { class: 'grid', style: { '--rendering': rendering(film.side) } }, tiles));
  }

  /**
   * The image of a class in a run, or the one of the same number.
   * @param {number} k
   * @param {string} name
   * @param {number} i
   */
  imageIn(k, name, i) {
    const { names } = this.films[k], found = names[i] === name ? i : names.indexOf(name);
    return found >= 0 ? found : Math.min(i, names.length - 1);
  }

  async draw() {
    const drawn = this.drawn = {}, frames = this.films.map(film => frameAt(film, this.share));
    const paints = await Promise.all(frames.map((frame, k) => frame && this.films[k].painter(frame, this.canvases[k])));
    if (drawn !== this.drawn) return; // the slider has moved
    for (const paint of paints) paint?.(1);
    const name = this.films[0].names[this.image], other = this.imageIn(1, name, this.image);
    this.tiles.forEach((tiles, k) => tiles.forEach((tile, i) => {
      tile.setAttribute('aria-pressed', `${i === [this.image, other][k]}`);
    }));
    const names = [`A: ${name}`, `B: ${this.films[1].names[other]}`];
    this.swipe.draw(this.canvases[0][this.image], this.canvases[1][other], names);
    say(this.caption, names.join(' | '));
  }

  off() {
    this.transport.stop();
    this.unsettle();
    for (const film of this.films) film.off();
  }
}

/** @param {Element} root @param {RunFacts} a @param {RunFacts} b */
export const compare = (root, a, b) => new CompareView(root, a, b);
