'use strict';
// Questions about the graph: search, neighbours, traces, the part between marked tensors, the info card.

const FIELDS = {
  name: (model, node) => node.n,
  op: (model, node) => model.text(node.o),
  attr: (model, node) => pairs(model, node.a).map(([k, v]) => `${k}=${v}`).join('\n'),
  type: (model, node) => (node.t ?? []).map(t => model.text(t)).join('\n'),
  status: (model, node) => `${model.text(node.s)} ${model.text(node.w)}`,
  kernel: (model, node) => model.text(node.k),
  source: (model, node) => (node.src ?? []).map(s => model.text(s)).join('\n'),
  change: (model, node) => model.text(node.h),
};

function pairs(model, list) {
  const out = [];
  for (let k = 0; list && k < list.length; k += 2) out.push([model.text(list[k]), model.text(list[k + 1])]);
  return out;
}

// Words that all must be found; "op:Conv2D" looks in one field, "/…/" is a regular expression.
function parseQuery(query) {
  return (query.match(/(?:\w+:)?\/(?:\\.|[^/\\])+\/|\S+/g) ?? []).map(word => {
    const [, field, rest] = /^(?:(\w+):)?(.*)$/s.exec(word);
    const known = field !== undefined && FIELDS[field];
    const text = known ? rest : word;
    const look = known ? [FIELDS[field]] : [FIELDS.name, FIELDS.op, FIELDS.attr];
    const regular = /^\/(.+)\/$/s.exec(text);
    if (regular) {
      const expression = new RegExp(regular[1], 'i');
      return (model, node) => look.some(f => expression.test(f(model, node)));
    }
    const small = text.toLowerCase();
    return (model, node) => look.some(f => f(model, node).toLowerCase().includes(small));
  });
}

function search(model, query, most) {
  let tests;
  try {
    tests = parseQuery(query);
  } catch (error) {
    return {problem: error.message, total: 0, found: []};
  }
  if (tests.length === 0) return {total: 0, found: []};
  const found = [];
  const seen = new Uint8Array(model.nodes.length);
  let total = 0;
  for (let n = 0; n < model.nodes.length; ++n) {
    if (!tests.every(test => test(model, model.nodes[n]))) continue;
    total += 1;
    seen[n] = 1;
    if (found.length < most) found.push({node: n, name: model.nodes[n].n, op: model.text(model.nodes[n].o)});
  }
  return {total, found, seen};
}

// Nodes that `start` depends on (direction -1) or that depend on it (1), itself included.
function trace(model, start, direction) {
  const seen = new Uint8Array(model.nodes.length);
  const stack = [...start];
  while (stack.length > 0) {
    const at = stack.pop();
    if (seen[at]) continue;
    seen[at] = 1;
    if (direction > 0) {
      for (const user of model.users[at]) stack.push(user);
    } else {
      const inputs = model.nodes[at].i ?? [];
      for (let k = 0; k < inputs.length; k += 2) stack.push(inputs[k]);
    }
  }
  return seen;
}

function nodesIn(model, id) {
  const out = [];
  const stack = [id];
  while (stack.length > 0) {
    const item = model.items[stack.pop()];
    if (item.node >= 0) out.push(item.node);
    for (const child of item.children ?? item.members ?? []) stack.push(child);
  }
  return out;
}

// What `floe build` would take: everything the outputs need, up to the inputs.
function part(model, inputs, outputs) {
  const stop = new Set(inputs);
  const seen = new Uint8Array(model.nodes.length);
  const stack = [...outputs];
  const result = {nodes: 0, params: 0, macs: 0, unsupported: [], open: [], unused: []};
  while (stack.length > 0) {
    const at = stack.pop();
    if (seen[at]) continue;
    seen[at] = 1;
    const node = model.nodes[at];
    if (stop.has(at)) continue;
    result.nodes += 1;
    result.params += node.p ?? 0;
    result.macs += node.m ?? 0;
    if (model.text(node.s) === 'unsupported') {
      result.unsupported.push({node: at, name: node.n, op: model.text(node.o), reason: model.text(node.w), remedy: model.text(node.f)});
    }
    if (model.text(node.r) === 'input') result.open.push(node.n);
    for (let k = 0; node.i && k < node.i.length; k += 2) stack.push(node.i[k]);
  }
  result.unused = inputs.filter(n => !seen[n]).map(n => model.nodes[n].n);
  result.seen = seen;
  result.command = buildCommand(model, inputs, outputs);
  return result;
}

function shellWord(word) {
  return /^[\w/.\-:=,+@%]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function buildCommand(model, inputs, outputs) {
  let line = model.command;
  for (const n of inputs) {
    const dims = dimsOf(model.text(model.nodes[n].t?.[0])).replaceAll('?', '1').replaceAll(/[A-Za-z_]\w*/g, '1');
    const shape = dims === '' || dims === '1' && model.text(model.nodes[n].t?.[0]).endsWith('[]') ? '' : `=${dims.replaceAll('×', 'x')}`;
    line += ` --input ${shellWord(model.nodes[n].n + shape)}`;
  }
  for (const n of outputs) line += ` --output ${shellWord(model.nodes[n].n)}`;
  return `${line} -o model.floe`;
}

const MOST_LISTED = 200;

function tensorRow(model, n, port) {
  const node = model.nodes[n];
  return {node: n, name: node.n, port, op: model.text(node.o), type: model.text(node.t?.[port])};
}

function card(model, id) {
  const item = model.items[id];
  const sum = model.sums[id];
  const out = {id, kind: item.kind, label: item.label, path: model.path(id), sum, repeats: item.repeats ?? 0};
  out.hiddenInside = nodesIn(model, id).filter(n => model.hidden(n)).length;
  if (item.node < 0) {
    const ops = new Map();
    for (const n of nodesIn(model, id)) {
      const op = model.text(model.nodes[n].o);
      ops.set(op, (ops.get(op) ?? 0) + 1);
    }
    out.ops = [...ops].sort((a, b) => b[1] - a[1]);
    return out;
  }
  const node = model.nodes[item.node];
  const inputs = [], controls = node.c ?? [];
  for (let k = 0; node.i && k < Math.min(node.i.length, 2 * MOST_LISTED); k += 2) {
    const row = tensorRow(model, node.i[k], node.i[k + 1]);
    const source = model.constantOf[node.i[k]];
    if (source >= 0) row.contents = model.nodes[source].v;
    inputs.push(row);
  }
  return {
    ...out, node: item.node, path: node.n, op: model.text(node.o), role: model.text(node.r), auxiliary: node.x === 1,
    attributes: pairs(model, node.a), inputs, inputCount: (node.i?.length ?? 0) / 2,
    controls: controls.slice(0, MOST_LISTED).map(n => tensorRow(model, n, 0)), controlCount: controls.length,
    outputs: outputRows(model, item.node), device: model.text(node.d),
    status: model.text(node.s), reason: model.text(node.w), remedy: model.text(node.f), note: model.text(node.e),
    contents: node.v, macs: node.m, params: node.p, bytes: node.b, ms: node.ms, error: node.err,
    kernel: model.text(node.k), sources: (node.src ?? []).map(s => model.text(s)), change: model.text(node.h),
    candidates: (node.q ?? []).map(([kernel, refusal, time, estimate]) =>
      ({kernel: model.text(kernel), refusal: model.text(refusal), time, estimate})),
  };
}

function outputRows(model, n) {
  const types = model.nodes[n].t ?? [];
  const rows = types.slice(0, MOST_LISTED).map((type, port) => ({port, type: model.text(type), users: []}));
  for (const user of new Set(model.users[n])) {
    const inputs = model.nodes[user].i;
    for (let k = 0; k < inputs.length; k += 2) {
      if (inputs[k] !== n) continue;
      const row = rows[inputs[k + 1]] ?? (rows[inputs[k + 1]] = {port: inputs[k + 1], type: '', users: []});
      if (row.users.length < MOST_LISTED) row.users.push({node: user, name: model.nodes[user].n, op: model.text(model.nodes[user].o)});
    }
  }
  return rows.filter(Boolean);
}

// The nodes of `model` that correspond to nodes `list` of `other`: by provenance where one of them has it, else by
// name.
function counterparts(model, other, list) {
  const out = new Set();
  model.bySource ??= indexSources(model);
  for (const n of list) {
    const node = other.nodes[n];
    for (const user of model.bySource.get(node.n) ?? []) out.add(user);
    for (const source of node.src ?? []) {
      const name = other.text(source).replace(/:\d+$/, '');
      const at = model.find(name);
      if (at >= 0) out.add(at);
      else for (const user of model.bySource.get(name) ?? []) out.add(user);
    }
    if (out.size === 0) {
      const same = model.find(node.n);
      if (same >= 0) out.add(same);
    }
  }
  return [...out];
}

function indexSources(model) {
  const index = new Map();
  model.nodes.forEach((node, n) => {
    for (const source of node.src ?? []) {
      const name = model.text(source).replace(/:\d+$/, '');
      index.has(name) ? index.get(name).push(n) : index.set(name, [n]);
    }
  });
  return index;
}
