// Cross-fades, with an image that is a number and animation frames that the test calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Fade, opacity } = await load('fade.js');
const { Film } = await load('film.js');
const near = (a, b) => assert(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
globalThis.requestAnimationFrame = () => 0;

/** A fade onto a screen of one pixel. */
function screen() {
  const it = { pixel: 0, drawn: 0, heard: [], fade: new Fade(fading => it.heard.push(fading)) };
  it.to = value => alpha => { it.pixel += alpha * (value - it.pixel); it.drawn++; };
  return it;
}

test('the shares of the new image grow evenly, and the last one is exact', () => {
  const it = screen();
  it.fade.show('a', it.to(10), true, 0);
  assert.deepEqual([it.pixel, it.heard], [10, []]); // nothing to fade from
  it.fade.show('b', it.to(110), true, 100); // 100 ms later: so long is the fade
  for (const now of [100, 110, 137, 150, 199]) {
    it.fade.tick(now);
    near(it.pixel, 10 + now - 100);
  }
  it.fade.tick(216);
  assert.deepEqual([it.pixel, it.heard], [110, [true, false]]);
  const { drawn } = it;
  it.fade.tick(300);
  assert.equal(it.drawn, drawn);
});

test('a target that comes early takes over without a jump', () => {
  const it = screen();
  it.fade.show('a', it.to(0), true, 0);
  it.fade.show('b', it.to(100), true, 100);
  it.fade.tick(150);
  it.fade.show('c', it.to(0), true, 150);
  near(it.pixel, 50);
  it.fade.tick(175);
  near(it.pixel, 25);
  it.fade.tick(200);
  assert.deepEqual([it.pixel, it.heard], [0, [true, false]]);
});

test('the same target neither starts again nor is drawn in part', () => {
  const it = screen();
  it.fade.show('a', it.to(0), true, 0);
  it.fade.show('b', it.to(100), true, 100);
  it.fade.tick(150);
  it.fade.show('b', it.to(100), true, 160);
  it.fade.tick(175);
  near(it.pixel, 75);
  it.fade.show('b', it.to(100), false, 180); // the slider is taken
  assert.deepEqual([it.pixel, it.heard], [100, [true, false]]);
});

test('a step that is chosen is exact at once; one that comes late is faded to for a moment', () => {
  const it = screen();
  it.fade.show('a', it.to(0), true, 0);
  it.fade.show('b', it.to(100), false, 100);
  assert.deepEqual([it.pixel, it.heard], [100, []]);
  it.fade.show('c', it.to(0), true, 5100);
  it.fade.tick(5300);
  near(it.pixel, 50);
  it.fade.stop(true);
  it.fade.tick(5400);
  near(it.pixel, 50); // something else is drawn now
  assert.deepEqual(it.heard, [true, false]);
});

test('opacities mix what is shown with the rest', () => {
  let left = 1;
  for (const [before, now] of [[0, 0.25], [0.25, 0.5], [0.5, 0.9], [0.9, 1]]) left *= 1 - opacity(before, now);
  assert.equal(left, 0);
  near((1 - opacity(0, 0.25)) * (1 - opacity(0.25, 0.5)), 0.5);
  assert.equal(opacity(0.3, 1.2), 1);
});

test('a frame is drawn over what its canvases show, unless they had another size', async () => {
  const film = new Film({ labels: [0, 0], classes: ['a'], side: 2 });
  film.addSheet({ id: 1, mime: 'raw', columns: 2, side: 2, count: 2 }, new Uint8Array(24));
  film.decoded.set(1, Promise.resolve('bitmap'));
  const drawn = [];
  const canvas = width => {
    const context = { globalAlpha: 1, drawImage: (_, x) => drawn.push([x, context.globalAlpha]) };
    return { width, height: width, getContext: () => context };
  };
  const canvases = [canvas(2), canvas(5)], frame = { step: 1, levels: 1, sheet: 1 };
  (await film.painter(frame, canvases))(0.25);
  await film.draw(frame, canvases);
  assert.deepEqual(drawn, [[0, 0.25], [2, 1], [0, 1], [2, 1]]);
  assert.equal(canvases[0].getContext().globalAlpha, 1);
});
