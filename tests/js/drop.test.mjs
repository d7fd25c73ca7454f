// Files that are dropped: a folder is walked, and everything is sent in pieces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { filesIn, filesOf, sendFiles } = await load('drop.js');
const file = (name, size = 3) => ({ isFile: true, name, file: done => done(new File([new Uint8Array(size)], name)) });

/** A folder whose reader gives two entries at a time, as a browser gives a hundred. */
function folder(name, ...inner) {
  return { name, isFile: false, createReader() {
    const left = [...inner];
    return { readEntries: done => done(left.splice(0, 2)) };
  } };
}

test('all files of a folder are found, without hidden ones', async () => {
  const pets = folder('pets', folder('cats', file('1.jpg'), file('2.jpg'), file('3.jpg')), folder('.git', file('x')),
    file('.DS_Store'), folder('dogs', file('1.jpg')));
  const paths = (await filesIn(pets)).map(({ path }) => path);
  assert.deepEqual(paths, ['pets/cats/1.jpg', 'pets/cats/2.jpg', 'pets/cats/3.jpg', 'pets/dogs/1.jpg']);
});

test('several items are taken at once, and what is no file is left out', async () => {
  let open = true; // as in the event
  const item = entry => ({ kind: 'file', webkitGetAsEntry: () => open ? entry : null, getAsFile: () => null });
  const plain = { kind: 'file', getAsFile: () => new File([], 'a.zip') };
  const found = filesOf([item(folder('cats', file('1.jpg'))), { kind: 'string' }, plain, item(file('b.zip'))]);
  open = false;
  assert.deepEqual((await found).map(({ path }) => path), ['cats/1.jpg', 'a.zip', 'b.zip']);
});

test('files are sent in pieces: the first and the last are marked, nothing is lost', async () => {
  const sent = [], bytes = Uint8Array.from({ length: 1_250_000 }, (_, i) => i % 251);
  const found = [{ path: 'a', file: new File([bytes], 'a') }, { path: 'b', file: new File([], 'b') }];
  await sendFiles(found, (message, [piece]) => sent.push([message, piece]));
  assert.deepEqual(sent.map(([{ path, first, last }]) => [path, first, last]),
    [['a', true, false], ['a', false, false], ['a', false, false], ['b', false, true]]);
  assert.deepEqual(new Uint8Array(await new Blob(sent.map(([, piece]) => piece)).arrayBuffer()), bytes);
  assert(sent.every(([{ ask }, piece]) => ask === 'drop' && piece.byteLength <= 5e5));
});

test('what cannot be sent is said', async () => {
  const big = { path: 'a', file: { size: 3e8 } };
  await assert.rejects(sendFiles([], () => {}), /one folder of images per class/);
  await assert.rejects(sendFiles([big], () => assert.fail()), /300 MB were dropped, at most 200 .* path as Data/);
});
