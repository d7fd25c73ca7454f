// The matrix over runs, and the answers of a probe to a class.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { acrossRuns } = await load('across.js');
const { answersTo, nearestIn, Peek } = await load('peek.js');
const { HELP } = await load('help.js');
const curve = (name, own, ...points) => ({ name, own, points, baselines: { full: [90, 0] } });
const run = (key, data, sources, ...curves) => ({ key, place: `run ${key}`, data, sources, curves });

test('the runs on the same data, the oldest first, and the present one last', () => {
  const runs = [run('2', 'cats', ['b'], curve('a', false, [9, 4, 1]), curve('b', true, [9, 7, 1])),
    run('x', 'dogs', ['a'], curve('z', true, [9, 1, 1])), run('1', 'cats', ['a'], curve('a', true, [9, 6, 1]))];
  const now = [curve('a', true, [0, 1, 0], [5, 2, 0]), curve('b', true, [5, 3, 0])];
  const { columns, rows } = acrossRuns(runs, now, 'cats');
  assert.deepEqual(columns, ['a', 'b']);
  assert.deepEqual(rows.map(r => r.name), ['all real images', 'a (run 1)', 'b (run 2)', 'a + b (now, step 5)']);
  assert.deepEqual(rows.map(r => r.cells.a), [[90, 0], [6, 1], [4, 1], [2, 0]]);
  assert.deepEqual(rows.at(-1).own, ['a', 'b']);
});

test('a run that has ended is on the shelf, and has one row', () => {
  const ended = [curve('a', true, [9, 6, 1])];
  const { rows } = acrossRuns([run('1', 'cats', ['a'], ...ended)], ended, 'cats');
  assert.deepEqual(rows.map(r => [r.name, r.kind]).slice(1), [['a (run 1)', 'distilled now']]);
});

test('nothing measured, nothing shown', () => {
  assert.deepEqual(acrossRuns([], [], 'cats').rows, []);
  const dogs = run('1', 'dogs', ['a'], curve('a', true, [1, 1, 1]));
  assert.deepEqual(acrossRuns([dogs], [curve('a', true)], 'cats').rows, []);
});

test('what a class is taken for: itself first', () => {
  const measured = { points: [[8, 50, 0]], classes: [80, 20], mistaken: [[[1, 20]], [[0, 70], [2, 10]]] };
  assert.deepEqual(answersTo(measured, 1, null), [[1, 20], [0, 70], [2, 10]]);
  assert.deepEqual(answersTo({ points: [] }, 1, null), []);
  const kept = { ...measured, points: [[4, 30, 0], [8, 50, 0]], past: [[4, [60, 5]]] };
  assert.deepEqual(answersTo(kept, 1, 6), [[1, 5]], 'the wrong ones are those of the latest step');
  assert.deepEqual(answersTo(kept, 1, 8), answersTo(measured, 1, null));
});

test('the nearest real images of a closer look', () => {
  assert.equal(nearestIn([{ title: 'Its levels' }, { title: 'Nearest real images' }]).title, 'Nearest real images');
  assert.equal(nearestIn(), undefined);
});

test('each line of help is one line', () => {
  for (const [term, text] of Object.entries(HELP)) assert(text.length > 20 && text.length <= 120, term);
});

test('in a run the neighbours of the first image are asked for, now and then, once something is measured', () => {
  const asked = [], ask = image => asked.push(image);
  const peek = { offered: true, asked: -Infinity, node: { hidden: false }, ask };
  const at = (step, points = [[0, 1, 0]], state = 'running', width = 1000) => Peek.prototype.follow.call(peek,
    { film: { curves: [{ points }], steps: 400 }, status: { state, step }, width });
  at(0, []);
  at(1, [[0, 1, 0]], 'preparing');
  at(1, [[0, 1, 0]], 'running', 390);
  assert.deepEqual(asked, []);
  for (const step of [1, 2, 20, 21, 40]) at(step);
  assert.deepEqual(asked, [0, 0]);
  peek.offered = false; // something was pointed at
  at(100);
  assert.deepEqual(asked, [0, 0]);
});
