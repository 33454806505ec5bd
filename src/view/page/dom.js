'use strict';
// Elements are made by name and text is set as text: nothing of the data is ever read as markup.

const SVG = 'http://www.w3.org/2000/svg';

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
  return element;
}

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  return append(element, children);
}

function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  return append(element, children);
}

function say(text, bad = false) {
  const status = document.getElementById('status');
  status.textContent = text;
  status.classList.toggle('bad', bad);
}

const numbers = {
  count(n) {
    for (const [size, sign] of [[1e12, ' T'], [1e9, ' G'], [1e6, ' M'], [1e3, ' k']]) {
      if (n >= size) return (n / size).toPrecision(3) + sign;
    }
    return String(Math.round(n * 100) / 100);
  },
  bytes: n => numbers.count(n) + (n >= 1e3 ? 'B' : ' B'),
  ms: n => n >= 1000 ? `${(n / 1000).toPrecision(3)} s` : n >= 1 ? `${n.toPrecision(3)} ms` : `${(n * 1000).toPrecision(3)} µs`,
  error: n => n === 0 ? '0' : n.toExponential(1),
  of(unit, n) {
    if (n === undefined) return '';
    if (unit === 'ms') return numbers.ms(n);
    if (unit === 'B') return numbers.bytes(n);
    if (unit === 'of range') return numbers.error(n);
    return numbers.count(n);
  },
};

// Answers of the worker, by the number of the question.
class Desk {
  constructor(script) {
    this.worker = new Worker(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
    this.waiting = new Map();
    this.next = 1;
    this.worker.onmessage = ({data}) => {
      const {resolve, reject} = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.problem !== undefined) reject(new Error(data.problem));
      else resolve(data.answer);
    };
    this.worker.onerror = event => say(`the viewer's worker failed: ${event.message}`, true);
  }

  ask(ask, request = {}) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      this.worker.postMessage({id, ask, ...request});
    });
  }
}
