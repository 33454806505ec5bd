'use strict';
// Colours that stay apart for most kinds of colour vision; text never stands on them.

const PALETTE = ['#3b7dd8', '#e08214', '#2a9d62', '#c2509b', '#8a6fd1', '#d1495b', '#17a2b0', '#a07a1f', '#6b8e23', '#5f6b7a',
  '#e377c2', '#4c5fd5'];
const REST = '#9aa3af';

const FIXED = {
  support: {
    'ok': '#2a9d62', 'folded': '#3b7dd8', 'removed': '#9aa3af', 'unsupported': '#c62828', 'not reached': '#e08214',
    'not part of the build': '#c8ced6',
  },
  change: {'added': '#2a9d62', 'removed': '#c62828', 'changed': '#e08214', 'same': '#c8ced6', 'not compared': '#c8ced6'},
};
const SIGNS = {'added': '+', 'removed': '−', 'changed': '≠', 'unsupported': '✕', 'not reached': '!'};

// Category -> colour, the same on both sides.
class Colours {
  constructor() {
    this.mode = '';
    this.known = new Map();
  }

  // The most frequent categories get the colours of their own.
  learn(mode, legend) {
    if (mode !== this.mode) {
      this.mode = mode;
      this.known.clear();
    }
    for (const [category] of legend) this.of(category);
  }

  of(category) {
    const fixed = FIXED[this.mode]?.[category];
    if (fixed) return fixed;
    if (category === '' || category === 'none' || category === 'none given' || category === 'unknown') return REST;
    if (!this.known.has(category)) {
      this.known.set(category, this.known.size < PALETTE.length ? PALETTE[this.known.size] : REST);
    }
    return this.known.get(category);
  }
}

// 0 to 1, from the surface's colour to a strong one; the root makes small differences visible.
function heat(share) {
  const t = Math.sqrt(Math.min(Math.max(share, 0), 1));
  const dark = document.documentElement.dataset.theme === 'dark';
  const [from, to] = dark ? [[36, 44, 56], [196, 84, 30]] : [[255, 250, 240], [240, 120, 40]];
  return `rgb(${from.map((c, k) => Math.round(c + (to[k] - c) * t)).join(',')})`;
}
