'use strict';
// The bar on top (search, colour, what is shown), the legend, and the part that is marked for a build.

const MODE_NAMES = {
  operation: 'operation', structure: 'alike structure', support: 'support', dtype: 'element type', device: 'device', kernel: 'kernel', change: 'change',
  time: 'time', macs: 'multiply-accumulates', bytes: 'bytes', parameters: 'parameters', error: 'error', own: 'own error',
};

class Bar {
  constructor(app) {
    this.app = app;
    const {info} = app;
    const modes = [...new Set(info.sides.flatMap(side => side.modes))];
    this.mode = h('select', {'aria-label': 'Colour by', onchange: () => app.setMode(this.mode.value)},
      modes.map(mode => h('option', {value: mode}, `colour: ${MODE_NAMES[mode]}`)));
    const toggle = (option, text, title, on) => h('button', {title, 'aria-pressed': String(on), 'data-option': option, onclick: event => {
      const now = event.currentTarget.getAttribute('aria-pressed') !== 'true';
      app.setOption(option, now);
    }}, text);
    this.toggles = [toggle('fold', 'fold series', 'Blocks that repeat become one', true), toggle('constants', 'constants', 'Weights as nodes of their own', false),
      toggle('auxiliary', 'auxiliary', 'Nodes that no output depends on', false), toggle('controls', 'control edges', 'Edges that only order', true)];
    this.search = this.makeSearch();
    const report = info.report && [h('button', {'aria-selected': 'false', onclick: () => app.showReport(true)}, 'Report'), h('button', {'aria-selected': 'true', onclick: () => app.showReport(false)}, 'Graph')];
    this.tabs = report || [];
    append(document.getElementById('bar'), [h('span', {class: 'title', title: info.title}, info.title), ...this.tabs, this.search, this.mode, ...this.toggles,
      h('span', {class: 'grow'}), this.saveMenu(), h('button', {title: 'Light or dark', onclick: () => app.turnTheme()}, '◐'),
      h('button', {title: 'Keys (?)', 'aria-label': 'Help', onclick: () => app.help()}, '?')]);
  }

  saveMenu() {
    const menu = h('select', {'aria-label': 'Save', onchange: () => {
      const what = menu.value;
      menu.value = '';
      this.app.save(what);
    }}, h('option', {value: ''}, 'save…'), h('option', {value: 'svg'}, 'SVG picture'), h('option', {value: 'png'}, 'PNG picture'),
    document.getElementById('data').textContent === '' && h('option', {value: 'html'}, 'this page as one file'));
    return menu;
  }

  makeSearch() {
    const box = h('div', {class: 'search'});
    this.input = h('input', {type: 'search', placeholder: 'search (/): name, op:Conv2D, attr:…, /regex/', 'aria-label': 'Search nodes',
      oninput: () => this.look(), onfocus: () => this.look(), onkeydown: event => this.searchKey(event)});
    this.found = h('div', {class: 'found', role: 'listbox', hidden: true});
    box.append(this.input, this.found);
    document.addEventListener('pointerdown', event => {
      if (!box.contains(event.target)) this.found.hidden = true;
    });
    return box;
  }

  async look() {
    const query = this.input.value.trim();
    const turn = this.turn = (this.turn ?? 0) + 1;
    if (query === '') {
      this.found.hidden = true;
      this.light(this.app.panes.map(() => undefined));
      return;
    }
    const answers = await Promise.all(this.app.panes.map(pane => pane.ask('search', {query, most: 100})));
    if (turn !== this.turn) return;
    this.found.replaceChildren();
    answers.forEach((answer, k) => {
      const pane = this.app.panes[k];
      const where = this.app.panes.length > 1 ? ` in ${pane.info.title}` : '';
      append(this.found, [h('div', {class: 'count'}, answer.problem ?? `${answer.total} found${where}${answer.total > answer.found.length ? `, the first ${answer.found.length}` : ''}`),
        answer.found.map(row => h('button', {role: 'option', onclick: () => {
          this.found.hidden = true;
          this.app.go(pane, {node: row.node});
        }}, h('span', {class: 'name'}, row.name), h('span', {class: 'op'}, row.op)))]);
    });
    this.found.hidden = false;
    this.light(answers.map(answer => answer.seen));
  }

  // Outlines what was found, once the typing pauses.
  light(seen) {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.app.panes.forEach((pane, k) => {
      if (!seen[k] && !pane.marks.found) return;
      pane.marks = {...pane.marks, found: seen[k]};
      if (!seen[k]) delete pane.marks.found;
      pane.refresh();
    }), 150);
  }

  searchKey(event) {
    const rows = [...this.found.querySelectorAll('button')];
    const at = rows.findIndex(row => row.classList.contains('at'));
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      rows[at]?.classList.remove('at');
      const next = rows[Math.min(Math.max(at + (event.key === 'ArrowDown' ? 1 : -1), 0), rows.length - 1)];
      next?.classList.add('at');
      next?.scrollIntoView({block: 'nearest'});
      event.preventDefault();
    } else if (event.key === 'Enter') {
      (rows[at] ?? rows[0])?.click();
    } else if (event.key === 'Escape') {
      this.found.hidden = true;
      this.app.panes[0].svg.focus();
    }
  }

  showOptions(options) {
    for (const button of this.toggles) button.setAttribute('aria-pressed', String(options[button.dataset.option]));
  }
}

function partlyTimed([measured, all]) {
  return measured < all && h('div', {}, `${measured} of ${all} steps were measured by the build; floe bench --json measures all`);
}

// What the colours of a pane mean; choosing categories dims the others.
function drawLegend(app, pane) {
  const {legend} = pane;
  const {paint} = pane.scene;
  pane.legendOpen ??= pane.size().width > 700;
  const title = h('h3', {}, h('button', {'aria-expanded': String(pane.legendOpen), onclick: () => {
    pane.legendOpen = !pane.legendOpen;
    drawLegend(app, pane);
  }}, `${pane.legendOpen ? '▾' : '▸'} ${MODE_NAMES[app.mode]}`));
  if (!pane.legendOpen) {
    legend.replaceChildren(title);
    legend.hidden = false;
    return;
  }
  if (paint.values) {
    if (!(paint.most > 0)) {
      legend.hidden = true;
      return;
    }
    const steps = Array.from({length: 11}, (_, k) => heat(k / 10)).join(',');
    const range = h('input', {type: 'range', min: 0, max: 100, value: Math.sqrt(pane.threshold) * 100, 'aria-label': 'Dim what is below', oninput: () => {
      pane.threshold = (range.value / 100) ** 2;
      limit.textContent = pane.threshold > 0 ? `from ${numbers.of(paint.unit, pane.threshold * paint.most)}` : 'all';
      pane.draw();
    }});
    const limit = h('span', {}, 'all');
    legend.replaceChildren();
    append(legend, [title, h('div', {class: 'scale', style: `background:linear-gradient(to right,${steps})`}),
      h('div', {class: 'ends'}, h('span', {}, '0'), h('span', {}, numbers.of(paint.unit, paint.most))), range,
      h('div', {class: 'ends'}, limit, paint.total !== undefined && paint.unit !== 'of range' ? h('span', {}, `total ${numbers.of(paint.unit, paint.total)}`) : ''),
      app.mode === 'time' && partlyTimed(pane.info.timed)]);
    legend.hidden = false;
    return;
  }
  const shown = (paint.legend ?? []).slice(0, 24);
  const rest = (paint.legend ?? []).length - shown.length;
    legend.replaceChildren(title, ...shown.map(([category, count]) => {
    const check = h('input', {type: 'checkbox', checked: pane.lit.has(category), onchange: () => {
      check.checked ? pane.lit.add(category) : pane.lit.delete(category);
      pane.draw();
    }});
    return h('label', {title: 'Choose to dim the others'}, check, h('span', {class: 'swatch', style: `background:${app.colours.of(category)}`}),
      `${app.signOf(category)} ${category || 'unknown'}`.trim(), h('span', {class: 'n'}, count));
  }), rest > 0 ? `${rest} more` : '');
  legend.hidden = shown.length === 0;
}

// Inputs and outputs that are marked, and the command that builds what lies between.
function drawMarks(app, pane, part) {
  const {root} = app.marksPanel;
  root.replaceChildren();
  if (!part) return;
  const row = (kind, n) => h('div', {class: 'row'}, h('span', {class: 'tag'}, kind === 'inputs' ? 'input' : 'output'),
    h('button', {class: 'plain', onclick: () => app.go(pane, {node: n})}, app.markNames.get(n) ?? n),
    h('button', {class: 'plain', title: 'Unmark', onclick: () => app.mark(pane, kind, n)}, '×'));
  append(root, [h('h3', {}, 'Build this part'), pane.inputs.map(n => row('inputs', n)), pane.outputs.map(n => row('outputs', n)),
    pane.outputs.length === 0 && h('div', {class: 'note'}, 'Mark an output (o) to see what it needs.'),
    pane.outputs.length > 0 && [
      pairsList([['nodes', part.nodes], ['parameters', numbers.count(part.params)], ['MACs', numbers.count(part.macs)],
        ['also needed', part.open.join(', ')], ['not needed', part.unused.join(', ')]]),
      part.unsupported.length > 0 ? h('div', {class: 'note'}, `${part.unsupported.length} nodes cannot be converted:`,
        longList(part.unsupported, u => h('div', {class: 'row'}, h('button', {class: 'plain', onclick: () => app.go(pane, {node: u.node})}, `${u.op} ${u.name}`), u.reason), 5))
        : h('div', {}, h('span', {class: 'tag good'}, 'nothing unsupported in it')),
      h('code', {class: 'command'}, part.command),
      h('button', {onclick: () => app.copy(part.command)}, 'copy')],
    h('button', {onclick: () => app.unmarkAll(pane)}, 'unmark all')]);
}
