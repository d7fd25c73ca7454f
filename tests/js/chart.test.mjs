// Axes, formats and the columns of the grid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { apart, tickLabels, ticks } = await load('chart.js');
const { longestGap, unbroken } = await load('line.js');
const { columnsFor, leastSide } = await load('grid.js');
const { duration, percent, rate } = await load('format.js');
const { progressText } = await load('header.js');
const { baselines, besideText, runRows } = await load('accuracy.js');
const { classesAt } = await load('past.js');

test('an axis has round numbers from 0', () => {
  assert.deepEqual(ticks(100), [0, 25, 50, 75, 100]);
  assert.deepEqual(ticks(80), [0, 20, 40, 60, 80]);
  assert.deepEqual(ticks(0.9), [0, 0.25, 0.5, 0.75]);
  assert.deepEqual(ticks(0.3), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks(0), [0]);
});

test('no more steps than wanted, and the last tick is near the top', () => {
  for (let top = 1e-6; top < 1e7; top *= 1.37) for (const want of [2, 4]) {
    const values = ticks(top, want);
    assert(values.length - 1 <= want && values.at(-1) <= top * (1 + 1e-6), `${top}: ${values}`);
    assert(values.at(-1) > top / 2 - 1e-12 || values.length > 1, `${top}: ${values}`);
  }
});

test('steps of a run are whole numbers', () => {
  for (let top = 1; top < 5000; top += 7) for (const want of [2, 4]) {
    assert(ticks(top, want, true).every(Number.isInteger), `${top}: ${ticks(top, want, true)}`);
  }
  assert.deepEqual(ticks(2, 4, true), [0, 1, 2]);
  assert.deepEqual(ticks(10, 4, true), [0, 5, 10]);
});

test('labels have as many digits as the step needs', () => {
  assert.deepEqual(tickLabels([0, 0.25, 0.5, 0.75]), ['0.00', '0.25', '0.50', '0.75']);
  assert.deepEqual(tickLabels([0, 0.5, 1]), ['0.0', '0.5', '1.0']);
  assert.deepEqual(tickLabels([0, 2.5, 5, 7.5, 10]), ['0.0', '2.5', '5.0', '7.5', '10.0']);
  assert.deepEqual(tickLabels([0, 20, 40]), ['0', '20', '40']);
  assert.deepEqual(tickLabels([0, 2e-7, 4e-7]), ['0.0000000', '0.0000002', '0.0000004']);
  assert.deepEqual(tickLabels([0]), ['0']);
});

test('every label is the value of its tick', () => {
  for (let top = 1e-6; top < 1e7; top *= 1.11) {
    const values = ticks(top), labels = tickLabels(values);
    assert.deepEqual(labels.map(Number), values);
    assert.equal(new Set(labels).size, values.length);
  }
});

test('as many columns as fit, preferring full rows', () => {
  assert.equal(columnsFor(10, 640, 64), 5);
  assert.equal(columnsFor(10, 900, 64), 10);
  assert.equal(columnsFor(7, 400, 64), 5); // 7 is a prime: no full rows
  assert.equal(columnsFor(10, 10, 64), 1);
  assert.equal(columnsFor(1, 2000, 64), 1);
  for (let n = 1; n < 120; n++) for (let width = 40; width < 1400; width += 45) {
    const c = columnsFor(n, width, 52);
    assert(c >= 1 && c <= n && (c === 1 || c * 60 - 8 <= width), `${n} in ${width}: ${c}`);
  }
});

test('ten images stay in two rows, however wide the view', () => {
  for (const width of [440, 520, 740, 1100, 1500]) assert.equal(columnsFor(10, width, leastSide(10, false, width)), 5);
});

test('numbers in words', () => {
  assert.deepEqual([0.4, 12.4, 89.6, 600, 7200].map(duration), ['under 1 s', '12 s', '90 s', '10 min', '2.0 h']);
  assert.equal(percent(12.345), '12.3 %');
  assert.deepEqual([3.14159, 42.4].map(rate), ['3.1 steps/s', '42 steps/s']);
});

test('where a run stands', () => {
  const status = { state: 'running', step: 5, levels: 1, rate: 4.5, left: 30, doing: '', message: '' };
  assert.equal(progressText(status, 100), 'step 5 of 100 · 4.5 steps/s · 30 s left');
  assert.equal(progressText({ ...status, state: 'ready' }, 100), '');
  assert.equal(progressText({ ...status, state: 'preparing', doing: 'reading' }, 100), 'reading · step 5 of 100');
});

test('every backbone that has baselines gets its reference lines', () => {
  const curves = [{ name: 'a', points: [] }, { name: 'b', points: [], baselines: { full: [60, 0], random: [20, 1] } }];
  const [own, ...rest] = baselines(curves);
  assert.deepEqual([own.k, rest], [1, []]);
  assert.deepEqual(own.rules.map(r => [r.y, r.text, r.tip]), [
    [20, 'random', 'b, random real: 20.0 %'], [60, 'full', 'b, all real images: 60.0 %'],
  ]);
});

test('rows of the table of a run', () => {
  const curve = (name, points, baselines) => ({ name, points, baselines });
  const even = { ...curve('a', [[0, 1, 0], [8, 2, 0.5]], { random: [3, 1] }), unbeaten: ['random'] };
  const rows = runRows([even, curve('b', [[8, 4, 1]], {})]);
  assert.deepEqual(rows, [
    { kind: 'distilled', name: 'distilled, step\u00a08', help: 'distilled', notes: {},
      cells: { a: [2, 0.5], b: [4, 1] } },
    { kind: 'baseline', name: 'random real', help: 'random', cells: { a: [3, 1], b: undefined }, marked: ['a'] },
  ]);
  assert.equal(runRows([curve('a', [[0, 1, 0]]), curve('b', [[8, 4, 1]])])[0].name, 'distilled, latest');
  assert.equal(runRows([curve('a', [])]).length, 1);
});

test('a line is not drawn through what was not measured', () => {
  const often = [0, 20, 40, 60, 80, 100].map(x => [x, 1]), late = [[0, 1], [80, 1], [100, 1]];
  const gap = longestGap([{ points: often }, { points: late }], 200);
  assert.equal(gap, 60);
  assert.deepEqual(unbroken(often, gap), [often]);
  assert.deepEqual(unbroken(late, gap), [[[0, 1]], [[80, 1], [100, 1]]]);
  assert.equal(longestGap([{ points: late.slice(0, 2) }], 200), 240); // few and even: nothing is missing
  assert.equal(longestGap([{ points: [] }], 200), 25);
  assert.deepEqual(unbroken([], 1), []);
});

test('the table follows the slider: the last point at or before its step', () => {
  const a = { name: 'a', points: [[0, 1, 0], [8, 2, 0], [16, 3, 0.5]], baselines: { random: [3, 1] },
    unbeaten: ['random'] };
  const b = { name: 'b', points: [[0, 5, 0], [16, 6, 0]] };
  const [row, random] = runRows([a, b], 9);
  assert.deepEqual([row.name, row.cells], ['distilled, up to step\u00a09', { a: [2, 0], b: [5, 0] }]);
  assert.deepEqual(row.notes, { a: 'step\u00a08', b: 'step\u00a00' });
  assert.deepEqual(random.marked, [], 'the interval is that of the last images');
  assert.deepEqual([runRows([a], 9)[0].name, runRows([a], 16)[1].marked], ['distilled, step\u00a08', ['a']]);
  assert.deepEqual(runRows([b], -1)[0].cells, { b: undefined });
});

test('a step stands apart from its number, with a spread and without', () => {
  const a = { name: 'a', points: [[0, 1, 0], [8, 2, 0], [16, 3, 0.5]] }, b = { name: 'b', points: [[0, 5, 0.5]] };
  const [row] = runRows([a, b], 9);
  assert.deepEqual(['a', 'b'].map(name => besideText(row, name)), [' step\u00a08', ' ± 0.5, step\u00a00']);
  const cells = { a: [2, 0], b: [5, 0.5], c: undefined }, marked = ['a', 'b'];
  assert.deepEqual(['a', 'b', 'c'].map(name => besideText({ cells, marked }, name)), [' *', ' ± 0.5 *', '']);
});

test('accuracies of classes at a step: kept ones, else the latest', () => {
  const curve = { points: [[0, 1, 0], [4, 1, 0], [8, 2, 0]], classes: [9], past: [[0, [1]], [4, [5]]] };
  assert.deepEqual(classesAt(curve, 6), { step: 4, values: [5], latest: false });
  for (const step of [8, 20, null]) assert.deepEqual(classesAt(curve, step), { step: 8, values: [9], latest: true });
  assert.deepEqual(classesAt({ ...curve, past: [] }, 6), { step: 8, values: [9], latest: true });
  assert.deepEqual(classesAt({ points: [] }, 6).values, []);
});

test('texts at the right of a chart: apart, in order, none cut off at the top', () => {
  for (const places of [[9, 10, 12], [4, 5, 6, 60], [30, 31, 90], [100, 101, 102]]) {
    const moved = apart(places);
    assert(moved.every((y, i) => y >= (i ? moved[i - 1] : 0) + 11), `${places}: ${moved}`);
    assert(moved.every((y, i) => Math.abs(y - places[i]) < 11 * places.length), `${places}: ${moved}`);
  }
  assert.deepEqual(apart([30, 60]), [30, 60], 'what has room stays');
});
