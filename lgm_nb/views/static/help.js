// What the terms of the views mean: a line of help for each, shown where it is pointed at.

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
  across: 'A row is a set of images, a column a probed backbone; framed are those that the images were distilled with',
};

/**
 * Attributes of what a line of help belongs to.
 * @param {string} term
 * @returns {Record<string, string>} none for a term without help
 */
export const helped = term => HELP[term] ? { title: HELP[term], 'data-help': term } : {};
