// The class's question and its answers.
import { $, el, said, set, plural } from './dom.js';

const given = new Map(); // what this page has answered, by question and round
let sender = null, shown = null, shownKey = '';

// setUpCard says how an answer is sent: a function of name and answer that resolves to ''
// or to a sentence that says why it was refused; null where answers go nowhere.
export function setUpCard(send) { sender = send; }

export function paintCard(card, frame, open) {
  const box = $('card');
  box.hidden = !card;
  shown = card;
  if (!card) { shownKey = ''; document.body.classList.remove('asked'); return; }
  const big = card.kind !== 'question' || /^(predict|poll)\b/.test(frame.command?.text ?? '');
  set(box, { class: (big ? 'open' : 'small') + (card.choices?.length > 3 ? ' many' : '') + (open ? '' : ' past') });
  const key = JSON.stringify([card.kind, card.name, card.round, card.text, card.choices, card.rounds, card.bars, big, open]);
  if (key !== shownKey) { // made anew only when it is another one, so that a field keeps what is typed into it
    shownKey = key;
    box.replaceChildren(said('h2', '', card.text), ...(card.kind === 'answers' ? bars(card) : ask(card, open)));
    document.body.classList.remove('asked'); // where all of it has no room, it takes that of the logs
    document.body.classList.toggle('asked', big && box.scrollHeight > box.clientHeight + 2);
  }
  const count = box.querySelector('.count');
  if (count && card.kind === 'question') set(count, {}, `${card.round > 1 ? 'second vote: ' : ''}${card.answered ?? 0} of ${card.pages ?? 0} answered`);
}

const slot = (card) => card.name + '/' + (card.round ?? 1);

function ask(card, open) {
  const out = [el('p', 'count')], row = el('div', 'choices'), note = said('p', 'note');
  if (!card.choices?.length) return [...out, fieldFor(card, open, note), note];
  for (const k of card.choices) {
    const b = said('button', '', k);
    b.type = 'button';
    b.disabled = !open;
    b.setAttribute('aria-pressed', given.get(slot(card)) === k);
    b.onclick = () => answer(card, k, note, () => { for (const o of row.children) o.setAttribute('aria-pressed', o === b); });
    row.append(b);
  }
  return [...out, row, note];
}

function fieldFor(card, open, note) {
  const row = el('div', 'choices field'), input = el('input'), b = el('button', '', 'answer');
  input.maxLength = 200;
  input.dir = 'auto';
  input.value = given.get(slot(card)) ?? '';
  input.setAttribute('aria-label', 'Your answer');
  input.disabled = b.disabled = !open;
  b.type = 'button';
  const send = () => input.value.trim() && answer(card, input.value.trim(), note, () => set(b, {}, 'answered ✓'));
  b.onclick = send;
  input.onkeydown = (e) => { if (e.key === 'Enter') send(); };
  row.append(input, b);
  return row;
}

async function answer(card, text, note, done) {
  if (!sender) return;
  const refused = await sender(card.name, text);
  set(note, {}, refused);
  if (refused || shown?.name !== card.name) return;
  given.set(slot(card), text);
  done();
}

// bars shows one round, or two side by side, and how many changed.
function bars(card) {
  const rounds = card.rounds ?? [card.bars ?? {}], names = [...new Set([...card.choices ?? [], ...rounds.flatMap((r) => Object.keys(r))])].slice(0, 8), out = [];
  const all = rounds.map((r) => Object.values(r).reduce((a, b) => a + b, 0)), two = rounds.length > 1;
  if (two) out.push(line('head', '', [el('span', '', 'first vote'), el('span', '', 'second vote')]));
  for (const k of names) {
    const cells = rounds.map((r, i) => {
      const bar = el('div'), fill = el('i'), cell = el('div', 'cell2');
      fill.style.width = (all[i] ? 100 * (r[k] ?? 0) / all[i] : 0) + '%';
      bar.append(fill);
      cell.append(bar, el('span', '', two ? `${r[k] ?? 0}` : `${r[k] ?? 0} of ${all[i]}`));
      return cell;
    });
    out.push(line(k === card.truth ? 'true' : '', k === card.truth ? k + ' ✓' : k, cells));
  }
  if (!names.length) out.push(el('p', 'count', 'No one answered.'));
  if (card.truth && !names.includes(card.truth)) out.push(said('p', 'truth', `The answer: ${card.truth}`));
  if (two) out.push(el('p', 'truth', `${card.changed ?? 0} changed ${card.truth ? 'to the right answer' : 'the answer'}`));
  else if (card.pages) out.push(el('p', 'count', plural(card.pages, 'page')));
  return out;
}

function line(cls, name, cells) {
  const row = el('div', 'bar ' + cls);
  row.append(said('span', 'choice', name), ...cells);
  return row;
}
