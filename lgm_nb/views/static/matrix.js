import { el, transport, onWidth } from './core.js';
import { accuracies, accuracyChart } from './chart.js';

// Accuracy of several distilled sets on several backbones, and how it came about.
export function matrix(root, facts) {
  const body = el('div', { class: 'lgm' });
  root.append(body);
  let cursor = 0, chosen = facts.columns[0], off = () => {};
  const film = { steps: facts.steps, curves: facts.curves };
  const steps = [...new Set(facts.curves.flatMap(c => c.points.map(p => p[0])))].sort((a, b) => a - b);
  const rows = facts.rows.map(r => ({ ...r, heat: true }));
  const plot = el('div', { class: 'plot' }), table = el('div');
  const draw = () => {
    const upto = steps[cursor] ?? Infinity;
    if (steps.length) plot.replaceChildren(accuracyChart({ ...film, curves: film.curves.map(c => ({ ...c, points: c.points.filter(p => p[0] <= upto) })) }, plot.clientWidth || 300, chosen, null));
    table.replaceChildren(accuracies(facts.columns, rows, steps.length ? { chosen, pick: c => { chosen = c; draw(); } } : {}));
  };
  const replay = steps.length ? transport({ label: 'Accuracy up to step', count: () => steps.length, text: i => `step ${steps[i]}`, show: i => { cursor = i; draw(); }, milliseconds: 350 }) : null;
  cursor = Math.max(0, steps.length - 1);
  body.append(el('header', {}, el('div', {}, el('h3', {}, facts.title), el('p', { class: 'note' }, facts.note))),
    rows.length || steps.length ? el('div', { class: 'stack' }, table, steps.length ? plot : null, replay?.node) : el('p', { class: 'empty' }, 'No accuracy yet.'));
  off = onWidth(body, w => { body.classList.toggle('narrow', w < 620); draw(); });
  draw();
  return { off };
}

