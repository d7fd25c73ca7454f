// Cross-fades between frames, for the eye alone: the last image drawn is always exact.

const LONGEST = 400; // milliseconds of a cross-fade, at most

/**
 * Opacity of the new image over what is shown, so that shares of the new one grow evenly.
 * @param {number} before share that is shown
 * @param {number} now share to show
 */
export const opacity = (before, now) => now < 1 ? (now - before) / (1 - before) : 1;

export class Fade {
  /** @param {(fading: boolean) => void} heard called when fading begins and, with the exact image drawn, ends */
  constructor(heard) {
    this.heard = heard;
    /** @type {any} */
    this.target = null; // what is shown, or faded to
    /** @type {((opacity: number) => void) | null} */
    this.paint = null; // while fading
    /** @type {number | null} */
    this.came = null; // when the last target came, in milliseconds
    this.began = this.length = this.share = 0;
    this.asked = false; // for an animation frame
  }

  /**
   * Draw a target at once, or fade to it until the next one is due, as far as the time since the last one tells.
   * @param {any} target
   * @param {(opacity: number) => void} paint draws it over what is shown
   * @param {boolean} smooth
   * @param {number} [now] milliseconds
   */
  show(target, paint, smooth, now = performance.now()) {
    if (this.paint && smooth && target === this.target) return;
    const again = target === this.target, gap = this.came === null ? 0 : Math.min(LONGEST, now - this.came);
    this.target = target;
    if (!again) this.came = now;
    if (!smooth || again || !gap) return this.finish(paint);
    if (!this.paint) this.heard(true);
    Object.assign(this, { paint, began: now, length: gap, share: 0 });
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(now => { this.asked = false; this.tick(now); });
  }

  /** Draw what is due in an animation frame. @param {number} now milliseconds */
  tick(now) {
    if (!this.paint) return;
    const share = (now - this.began) / this.length;
    if (share >= 1) return this.finish(this.paint);
    if (share > this.share) this.paint(opacity(this.share, share));
    this.share = Math.max(share, this.share);
    this.ask();
  }

  /** @param {(opacity: number) => void} paint */
  finish(paint) {
    paint(1);
    this.stop();
  }

  /** Stop fading; `forget`: something else is drawn now. @param {boolean} [forget] */
  stop(forget = false) {
    const was = this.paint;
    this.paint = null;
    if (forget) this.target = this.came = null;
    if (was) this.heard(false);
  }
}
