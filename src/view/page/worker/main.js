'use strict';
// The worker: owns the data and answers the page. A request is {id, side, ask, ...}, its answer {id, answer} or
// {id, problem}.

let models = [];
let scenes = [];
let report = null;

const ANSWERS = {
  async load({text, url}) {
    const data = JSON.parse(text ?? await (await fetch(url)).text());
    if (data.schema !== 'floe.view/1') throw new Error(`this page reads floe.view/1, the data is ${data.schema}`);
    models = data.sides.map(side => new Model(side));
    scenes = models.map(model => new Scene(model));
    report = data.report ?? null;
    for (const model of models) openLonelyScopes(model);
    return {
      title: data.title, report: report !== null, first: data.first,
      sides: models.map(model => ({
        title: model.title, kind: model.kind, facts: model.facts, warnings: model.warnings, nodes: model.nodes.length,
        modes: modesOf(model), sum: model.sums[0], build: model.command !== '',
        timed: timedShare(model), inputs: withRole(model, 'input'), outputs: withRole(model, 'output'),
      })),
    };
  },

  scene({side, mode, marks}) {
    const model = models[side];
    const scene = scenes[side].build();
    scene.paint = paint(model, mode, scene.boxes);
    if (marks) scene.marks = markBoxes(model, scene.boxes, marks);
    return scene;
  },

  // Opens or closes items; returns what is now open.
  toggle({side, ids, open}) {
    const model = models[side];
    for (const id of ids) {
      const now = open ?? !model.expanded.has(id);
      if (now) model.expanded.add(id);
      else model.expanded.delete(id);
      if (now) openOnlyChild(model, id);
      scenes[side].touch(id);
    }
  },

  closeAll({side}) {
    models[side].expanded = new Set([0]);
    openLonelyScopes(models[side]);
    scenes[side].layouts.clear();
  },

  options({side, options}) {
    const model = models[side];
    Object.assign(model.options, options);
    model.categories = undefined;
    scenes[side].forget();
  },

  // Makes a node visible, and says in which item it is. Hidden kinds are shown when one of them is asked for.
  reveal({side, node, name}) {
    const model = models[side];
    const n = node ?? model.find(name);
    if (n < 0) return revealScope(model, scenes[side], name);
    let shownBy = n;
    if (model.hidden(n)) {
      if (model.nodes[n].x !== 1 && model.tucked[n]) {
        shownBy = model.users[n].find(user => !model.hidden(user)) ?? n;
      }
      if (shownBy === n) {
        if (model.nodes[n].x === 1) model.options.auxiliary = true;
        if (model.hidden(n)) model.options.constants = true;
        model.categories = undefined;
        scenes[side].forget();
      }
    }
    let item = model.itemOf[shownBy];
    for (const id of wayTo(model, item)) model.expanded.add(id);
    while (scenes[side].sole(model.items[item].parent) >= 0) item = model.items[item].parent;
    scenes[side].layouts.clear();
    return {item, of: model.itemOf[n], options: model.options};
  },

  card({side, item}) {
    const sole = scenes[side].sole(item);
    return card(models[side], sole >= 0 ? sole : item);
  },
  itemOf: ({side, node}) => models[side].itemOf[node],
  way: ({side, item}) => breadcrumb(models[side], item),
  search: ({side, query, most}) => search(models[side], query, most),
  nodesIn: ({side, item}) => nodesIn(models[side], item),
  counterparts: ({side, nodes}) => counterparts(models[side], models[1 - side], nodes),
  nodeNamed: ({side, name}) => models[side].find(name),
  trace({side, nodes, direction}) {
    const seen = trace(models[side], nodes, direction);
    return {seen, count: seen.reduce((sum, s) => sum + s, 0)};
  },
  part: ({side, inputs, outputs}) => part(models[side], inputs, outputs),

  report() {
    if (report === null) return null;
    const model = models[models.length - 1];
    return {...report, layers: layers(model), sides: models.map(m => ({title: m.title, kind: m.kind}))};
  },
};

// [measured, all] of an engine's kernels; of a model, where nobody expects all, its nodes with a time.
function timedShare(model) {
  const kernels = model.nodes.filter(node => node.k !== undefined);
  const timed = (kernels.length > 0 ? kernels : model.nodes).filter(node => node.ms !== undefined).length;
  return [timed, kernels.length > 0 ? kernels.length : timed];
}

function withRole(model, role) {
  const out = [];
  model.nodes.forEach((node, n) => {
    if (model.text(node.r) === role && node.x !== 1 && out.length < 50) out.push({node: n, name: node.n});
  });
  return out;
}

const FIRST_BOXES = 30;

// Opens the scope that holds most of the graph, and in it again, while what is shown stays within a window.
function openLonelyScopes(model) {
  let boxes = 0;
  for (let at = 0; at >= 0;) {
    model.expanded.add(at);
    const list = shownChildren(model, at);
    boxes += list.length;
    const total = model.sums[at].nodes;
    at = list.find(child => {
      const item = model.items[child];
      const kernel = item.node >= 0 && model.nodes[item.node].k !== undefined;
      return item.kind !== 'node' && !kernel && (model.sums[child].nodes > total / 2 || list.length <= 3) &&
        boxes + shownChildren(model, child).length <= FIRST_BOXES;
    }) ?? -1;
  }
}

function openOnlyChild(model, id) {
  let list = shownChildren(model, id);
  let open = list.filter(child => model.items[child].kind !== 'node');
  while (open.length === 1 && list.length <= 4 && !model.expanded.has(open[0])) {
    model.expanded.add(open[0]);
    list = shownChildren(model, open[0]);
    open = list.filter(child => model.items[child].kind !== 'node');
  }
}

function revealScope(model, scene, name) {
  const scopes = model.items.filter(i => i.kind === 'scope' && i.id !== 0 && model.path(i.id).startsWith(name ?? '\0'));
  const item = scopes.find(i => model.path(i.id) === name) ?? scopes.find(i => model.path(i.id).startsWith(`${name}/`));
  if (!item) return null;
  for (const id of wayTo(model, item.id)) model.expanded.add(id);
  scene.layouts.clear();
  return {item: item.id, of: item.id, options: model.options};
}

// The scopes from the outermost to the item, with whether they are open.
function breadcrumb(model, item) {
  const out = [];
  for (let at = item; at > 0; at = model.items[at].parent) {
    out.unshift({item: at, label: model.items[at].label, node: model.items[at].node});
  }
  return out;
}

// marks: {name: Uint8Array over nodes}; the result has, for each box, the names of the marks inside it.
function markBoxes(model, boxes, marks) {
  const visible = new Map(boxes.map((box, k) => [box.id, k]));
  const memberOf = new Map();
  const fill = (member, k) => {
    memberOf.set(member, k);
    for (const inner of model.items[member].members ?? []) fill(inner, k);
  };
  boxes.forEach((box, k) => {
    if (!box.open) for (const member of model.items[box.id].members ?? []) fill(member, k);
  });
  const boxOf = n => {
    for (let at = model.itemOf[n]; at > 0; at = model.items[at].parent) {
      const k = visible.get(at) ?? memberOf.get(at);
      if (k !== undefined) return k;
    }
    return -1;
  };
  const out = {};
  for (const [name, seen] of Object.entries(marks)) {
    const has = new Uint8Array(boxes.length);
    for (let n = 0; n < seen.length; ++n) {
      if (!seen[n]) continue;
      let k = boxOf(n);
      if (k >= 0) has[k] = 1;
      // What is tucked away lights up the nodes that it stands on.
      if (model.hidden(n)) {
        for (const user of model.users[n]) {
          if ((k = boxOf(user)) >= 0) has[k] = 1;
        }
      }
    }
    out[name] = has;
  }
  return out;
}

function layers(model) {
  const out = [];
  model.nodes.forEach((node, n) => {
    if (node.k === undefined) return;
    out.push({
      node: n, name: node.n, op: model.text(node.o), kernel: model.text(node.k), ms: node.ms, macs: node.m ?? 0,
      bytes: node.b ?? 0, error: node.err, output: node.t ? model.text(node.t[0]) : '',
      sources: (node.src ?? []).map(s => model.text(s)),
      weighed: (node.q ?? []).length, refused: (node.q ?? []).filter(q => model.text(q[1]) !== '').length,
    });
  });
  return out;
}

onmessage = async ({data: request}) => {
  try {
    postMessage({id: request.id, answer: await ANSWERS[request.ask](request)});
  } catch (error) {
    postMessage({id: request.id, problem: String(error && error.message || error)});
  }
};
