'use strict';
// The report on an engine: summary, charts, the table of its steps, where it came from.

class Report {
  constructor(app) {
    this.app = app;
    this.root = document.getElementById('report');
  }

  async fill() {
    const report = await this.app.desk.ask('report');
    const pane = this.app.panes[this.app.panes.length - 1];
    const pick = node => {
      this.app.showReport(false);
      this.app.go(pane, {node});
    };
    const layers = report.layers;
    const timed = layers.filter(l => l.ms !== undefined);
    const byOp = new Map(), byKernel = new Map();
    for (const l of timed) {
      byOp.set(l.op, (byOp.get(l.op) ?? 0) + l.ms);
      byKernel.set(l.kernel, (byKernel.get(l.kernel) ?? 0) + l.ms);
    }
    const chart = (title, svg) => svg && h('div', {class: 'chart'}, h('h3', {}, title), svg);
    const errors = layers.filter(l => l.error !== undefined);
    append(this.root, [
      h('h1', {}, this.app.info.title), this.app.info.sides[this.app.info.sides.length - 1].warnings.map(w => h('div', {class: 'note'}, w)),
      section('Summary', pairsList([...report.summary.map(([label, text]) => [label, /^\d{5,}$/.test(text) ? numbers.count(Number(text)) : text]), ['digest', h('code', {}, report.digest)]])),
      report.differences.length > 0 && section('Against the model', h('div', {}, report.compared_with), this.differences(report.differences)),
      h('div', {class: 'charts'},
        chart('Time by step', timed.length > 0 && bars(timed.map(l => [lastParts(l.name), l.ms, `${l.name}\n${l.kernel}`]), numbers.ms)),
        chart('Time by operation', timed.length > 0 && bars([...byOp].map(([op, ms]) => [op, ms, op]), numbers.ms, 14)),
        chart('Time by kernel', timed.length > 0 && bars([...byKernel].map(([kernel, ms]) => [kernel, ms, kernel]), numbers.ms, 14)),
        chart('Roofline', roofline(layers, pick)),
        chart('Memory of a run', memory(report.lifetimes, report.arena)),
        chart('Error by step, of the range', errors.length > 0 && bars(errors.map(l => [lastParts(l.name), l.error, l.name]), numbers.error))),
      section(`Steps (${layers.length})`, this.table(layers, pick)),
      section('Preprocessing', report.preprocess && h('pre', {}, report.preprocess)),
      section('Made from', pairsList(report.provenance)),
    ]);
  }

  differences(rows) {
    return h('table', {}, h('tr', {}, ['output', 'largest difference', 'of the range', 'cosine', ''].map((t, k) => h('th', {class: k > 0 && k < 4 ? 'n' : ''}, t))),
      rows.map(d => h('tr', {}, h('td', {}, d.output), d.problem ? h('td', {}, d.problem)
        : [h('td', {class: 'n'}, numbers.error(d.max_abs)), h('td', {class: 'n'}, numbers.error(d.relative)), h('td', {class: 'n'}, d.cosine.toFixed(8)), h('td', {})])));
  }

  table(layers, pick) {
    const total = layers.reduce((sum, l) => sum + (l.ms ?? 0), 0);
    const columns = [
      ['#', (l, k) => k, l => l.order, true], ['step', l => h('button', {class: 'plain', onclick: () => pick(l.node)}, l.name), l => l.name, false],
      ['operations', l => l.op, l => l.op, false], ['kernel', l => l.kernel, l => l.kernel, false], ['output', l => l.output.replaceAll(', ', '×'), l => l.output, false],
      ['time', l => l.ms === undefined ? '' : numbers.ms(l.ms), l => l.ms ?? 0, true], ['%', l => l.ms === undefined ? '' : (100 * l.ms / total).toFixed(1), l => l.ms ?? 0, true],
      ['MACs', l => l.macs > 0 ? numbers.count(l.macs) : '', l => l.macs, true], ['GMAC/s', l => l.ms > 0 && l.macs > 0 ? (l.macs / l.ms / 1e6).toPrecision(3) : '', l => l.ms > 0 ? l.macs / l.ms : 0, true],
      ['bytes', l => numbers.bytes(l.bytes), l => l.bytes, true], ['error', l => l.error === undefined ? '' : numbers.error(l.error), l => l.error ?? 0, true],
      ['weighed', l => `${l.weighed}, ${l.refused} refused`, l => l.weighed, false], ['TensorFlow nodes', l => l.sources.length > 3 ? `${l.sources.slice(0, 3).join(', ')} + ${l.sources.length - 3}` : l.sources.join(', '), l => l.sources[0] ?? '', false],
    ];
    layers.forEach((l, k) => l.order = k);
    const whole = new Set(['kernel', 'output', 'weighed']);
    const used = columns.filter(([, show]) => layers.some(l => show(l, l.order) !== ''));
    const body = h('tbody', {});
    const fill = () => body.replaceChildren(...layers.map(l => h('tr', {}, used.map(([name, show, , number]) => h('td', {class: number ? 'n' : whole.has(name) ? 'whole' : ''}, show(l, l.order))))));
    let sorted = 0;
    const head = h('tr', {}, used.map(([name, , key, number], k) => h('th', {class: number ? 'n' : '', onclick: () => {
      const sign = sorted === k + 1 ? -1 : 1;
      sorted = sign * (k + 1);
      layers.sort((a, b) => sign * (number ? key(b) - key(a) : String(key(a)).localeCompare(String(key(b)))));
      fill();
    }}, name)));
    fill();
    return h('table', {}, h('thead', {}, head), body);
  }
}

function lastParts(name) {
  return name.split('/').slice(-3).join('/');
}
