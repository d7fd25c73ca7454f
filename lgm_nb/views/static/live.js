// A view whose kernel is there: the renderer that Jupyter calls.
import { shell, watchTheme } from './core.js';
import { evolution } from './evolution.js';
import { matrix } from './matrix.js';
import { levels } from './levels.js';
import { views } from './views.js';

const VIEWS = { evolution, matrix, levels, views };

const bytes = b => new Uint8Array(b.buffer, b.byteOffset, b.byteLength);

// Small widgets: all they show is in one trait.
function plain(root, model, link) {
  let view = null;
  const build = () => {
    const facts = structuredClone(model.get('facts'));
    view?.off(); [...root.children].slice(1).forEach(n => n.remove());
    if (facts.view) view = VIEWS[facts.view](root, facts, facts.asks ? link : null);
  };
  const answer = (message, buffers) => { if (message.kind === 'draw') view.add({ ...message.draw, sheet: { ...message.draw.sheet, data: bytes(buffers[0]) } }); };
  build();
  model.on('change:facts', build); model.on('msg:custom', answer);
  return () => { view?.off(); model.off('change:facts', build); model.off('msg:custom', answer); };
}

// The studio: the kernel tells, piece by piece, and the view asks for what it lacks.
function studio(root, model, link) {
  let view = null, heard = false;
  const waiting = document.createElement('p');
  waiting.className = 'lgm empty'; waiting.textContent = 'Asking the kernel …';
  root.append(waiting);
  const patience = setTimeout(() => { if (!heard) waiting.textContent = 'No kernel answers. Run this cell again to get a live studio.'; }, 4000);
  const hear = {
    sync(m) {
      const before = view && view.film.run === m.facts.run ? view : null, open = view?.open ?? null;
      if (before && before.film.frames.length <= m.facts.frames.length && before.film.labels.length === m.facts.labels.length) { // the same run, seen by one more view
        const film = before.film;
        for (const f of m.facts.frames) if (!film.frames.some(g => g.step === f.step)) film.addFrame(f);
        Object.assign(film, { loss: m.facts.loss, curves: m.facts.curves, kept: m.facts.kept });
        before.charts(); before.frames(); before.status(m.facts.status);
        return;
      }
      view?.off(); [...root.children].slice(1).forEach(n => n.remove());
      view = evolution(root, m.facts, link);
      if (open !== null && open < m.facts.labels.length) view.look(open);
    },
    sheet(m, b) { if (!view || m.run !== view.film.run) return; view.film.addSheet(m.sheet, bytes(b[0])); view.frames(); },
    frame(m, b) {
      if (!view || m.run !== view.film.run) return;
      link.ask({ ask: 'ack', step: m.frame.step });
      if (m.sheet) view.film.addSheet(m.sheet, bytes(b[0]));
      view.film.newest = m.newest;
      view.film.addFrame(m.frame);
      if (m.levels > view.film.grown.length + 1) view.film.grown.push(m.frame.step - 1);
      const told = view.film.loss.at(-1)?.[0] ?? 0;
      view.film.loss.push(...m.loss.filter(l => l[0] > told));
      view.status(m.status); view.frames();
    },
    curves(m) { if (!view || m.run !== view.film.run) return; view.film.curves = m.curves; view.charts(); if (view.open !== null) link.ask({ ask: 'detail', image: view.open }); },
    drop(m) { if (!view || m.run !== view.film.run) return; view.film.drop(m.steps); view.film.kept = m.kept; view.frames(); },
    status(m) { if (view && m.run === view.film.run) view.status(m.status); },
    detail(m, b) { m.parts.forEach((p, i) => { p.sheet.data = bytes(b[i + 1]); }); if (view) view.detail({ ...m, big: { ...m.big, data: bytes(b[0]) } }); },
    level(m, b) { if (view) view.level({ ...m.sheet, data: bytes(b[0]) }, m.level); },
  };
  const listen = (message, buffers) => { heard = true; waiting.remove(); hear[message.kind]?.(message, buffers); };
  model.on('msg:custom', listen);
  link.ask({ ask: 'hello' });
  return () => { clearTimeout(patience); view?.off(); model.off('msg:custom', listen); };
}

export function render({ model, el }, css) {
  const host = document.createElement('div');
  el.append(host);
  const root = shell(host, css), link = { ask: message => model.send(message) };
  const off = [watchTheme(host), (model.get('view') === 'studio' ? studio : plain)(root, model, link)];
  host.dataset.ready = 'true';
  return () => { off.forEach(f => f()); host.remove(); };
}
