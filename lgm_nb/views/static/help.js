// What the terms of the views mean: a line of help for each. A term is a button; tips.js shows its line.
import { el } from './dom.js';

/** @type {Record<string, string>} */
export const HELP = {
  accuracy: 'Share of the real test images that a linear probe on the frozen features puts into the right class',
  distilled: 'The probe was trained on the distilled images alone',
  random: 'The probe was trained on as many real images, drawn at random',
  centroid: 'The probe was trained on as many real images, those nearest to the mean feature of their class',
  neighbour: 'The probe was trained on the real image nearest to each distilled one',
  full: 'The probe was trained on all real training images',
  loss: 'What the steps minimise: how far the distilled images are from the real ones by the objective',
  pyramid: 'An image is the sum of layers of these sizes; a run starts with the coarsest and adds the others in turn',
  maps: 'Features of real and distilled images, projected onto the two axes that show most of the variance',
  seen: 'The images were distilled with this backbone',
  unseen: 'The images were distilled without this backbone: here one sees whether they carry over',
  nearest: 'The training images whose features point most nearly in the direction of those of this image',
  taken: 'The classes that the probe puts the test images of this class into, in percent',
  levels: 'The layers that add up to the image, from coarse to fine',
  blended: 'Images fade from one step to the next; while nothing plays they are exact',
  across: 'A row is a set of images, a column a probed backbone; framed are those that the images were distilled with',
};

/** The id of a line of help in its view. @param {string} term */
export const helpId = term => `help-${term}`;

/**
 * A term as a button that has its line of help; a text without one stays a text.
 * @param {string} term
 * @param {string} text
 * @returns {HTMLButtonElement | string}
 */
export const explained = (term, text) => HELP[term] ? el('button', {
  type: 'button', class: 'term', 'data-help': term, 'aria-describedby': helpId(term),
}, text) : text;
