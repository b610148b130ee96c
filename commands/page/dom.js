// What every module needs of the document. Texts from outside reach the page through
// textContent only: el and set are the two doors, and neither takes markup.

export const $ = (id) => document.getElementById(id);

export function el(name, cls, text) {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

export const svg = (name, attrs = {}, text) => set(document.createElementNS($('ring').namespaceURI, name), attrs, text);

// set writes attributes and text, and leaves alone what is so already.
export function set(e, attrs, text) {
  for (const k in attrs) if (e.getAttribute(k) !== String(attrs[k])) e.setAttribute(k, attrs[k]);
  if (text !== undefined && e.textContent !== String(text)) e.textContent = text;
  return e;
}

// said is an element for a text from outside, which keeps its direction to itself.
export function said(name, cls, text) {
  const e = el(name, cls, text);
  e.dir = 'auto';
  return e;
}

// colour is the class of a term: six colours in turn, so that neighbours differ.
export const colour = (term) => 'c' + (term > 0 ? (term - 1) % 6 + 1 : 0);

// unit is the size of things in pixels: the root's font size, and the ring's box.
export const unit = { rem: 16, W: 690, H: 540 };

export const phone = () => innerWidth <= 700;
export const plural = (n, one, many = one + 's') => `${n} ${n === 1 ? one : many}`;

// shorten cuts a text in the middle of the page, where no ellipsis of CSS reaches (SVG).
export const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1) + '…' : text);
