// Layered drawing of one scope: cycles broken, ranks by longest path, long edges through dummies, crossings reduced by
// barycentres, positions by weighted least squares in each layer. Nodes come with sizes, positions are centres.

const GAP_X = 18;      // between boxes of a layer
const GAP_EDGE = 10;   // between edges that pass through a layer
const GAP_Y = 34;      // between layers
const GAP_PORT = 14;   // to the first and last layer of a scope, where its edges come in and go out
const SWEEPS = 10;

// nodes: [{w, h, pin}], pin -1: first layer, 1: last layer. edges: [{a, b}], several between two nodes allowed.
// Returns {w, h, nodes: [{x, y}], bands: [{top, bottom}], edges: [[{x, y}...]], back}: centres, layers, and for each edge
// the points between its ends and whether it runs upwards.
function layoutLayers(nodes, edges) {
  if (nodes.length === 0) return {w: 0, h: 0, nodes: [], bands: [], edges: [], back: []};
  const graph = acyclic(nodes, edges);
  const rank = rankNodes(nodes, graph);
  const layered = addDummies(nodes, graph, rank);
  orderLayers(layered);
  placeX(layered);
  return finish(nodes, edges, layered);
}

// Each edge with `a` before `b`; those turned round are marked.
function acyclic(nodes, edges) {
  const out = nodes.map(() => []);
  edges.forEach((edge, k) => {
    if (edge.a !== edge.b) out[edge.a].push(k);
  });
  const state = new Uint8Array(nodes.length);  // 1: on the stack, 2: done
  const turned = new Uint8Array(edges.length);
  for (let root = 0; root < nodes.length; ++root) {
    if (state[root]) continue;
    const stack = [[root, 0]];
    state[root] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [at, next] = top;
      if (next === out[at].length) {
        state[at] = 2;
        stack.pop();
        continue;
      }
      top[1] += 1;
      const k = out[at][next];
      const to = edges[k].b;
      if (state[to] === 1) turned[k] = 1;
      if (state[to] === 0) {
        state[to] = 1;
        stack.push([to, 0]);
      }
    }
  }
  return edges.map((edge, k) => turned[k] ? {a: edge.b, b: edge.a, turned: true} : {a: edge.a, b: edge.b, turned: false});
}

function rankNodes(nodes, edges) {
  const count = nodes.length;
  const out = nodes.map(() => []), into = nodes.map(() => []);
  for (const {a, b} of edges) {
    if (a === b) continue;
    out[a].push(b);
    into[b].push(a);
  }
  const order = topological(count, out, into);
  const rank = new Int32Array(count);
  const pinned = nodes.some(node => node.pin === -1) ? 1 : 0;
  for (const at of order) {
    rank[at] = nodes[at].pin === -1 ? 0 : pinned;
    for (const from of into[at]) rank[at] = Math.max(rank[at], rank[from] + 1);
  }
  // Sources stand right above the first that needs them.
  for (const at of [...order].reverse()) {
    if (into[at].length > 0 || out[at].length === 0 || nodes[at].pin === -1) continue;
    rank[at] = Math.max(rank[at], Math.min(...firstFew(out[at].map(b => rank[b]))) - 1);
  }
  const last = rank.reduce((most, r) => Math.max(most, r), 0);
  nodes.forEach((node, at) => {
    if (node.pin === 1) rank[at] = Math.max(last, 1);
  });
  return rank;
}

// Math.min of a long list would overflow the stack.
function firstFew(list) {
  return list.length < 1000 ? list : [list.reduce((a, b) => Math.min(a, b))];
}

function topological(count, out, into) {
  const waiting = into.map(list => list.length);
  const order = [];
  for (let at = 0; at < count; ++at) {
    if (waiting[at] === 0) order.push(at);
  }
  for (let k = 0; k < order.length; ++k) {
    for (const to of out[order[k]]) {
      if (--waiting[to] === 0) order.push(to);
    }
  }
  return order;
}

// Layers of cells; a cell is a node or a place where edges of one source pass through.
function addDummies(nodes, edges, rank) {
  const cells = nodes.map((node, at) => ({at, w: node.w, h: node.h, rank: rank[at], up: [], down: [], x: 0, pos: 0}));
  const chains = new Map();  // source and rank -> dummy
  const routes = edges.map(() => []);
  edges.forEach((edge, k) => {
    if (edge.a === edge.b) return;
    let from = edge.a;
    for (let r = rank[edge.a] + 1; r < rank[edge.b]; ++r) {
      const key = edge.a * 65536 + r;
      let dummy = chains.get(key);
      if (dummy === undefined) {
        dummy = cells.length;
        cells.push({at: -1, w: 2, h: 0, rank: r, up: [], down: [], x: 0, pos: 0});
        chains.set(key, dummy);
        link(cells, from, dummy);
      }
      routes[k].push(dummy);
      from = dummy;
    }
    link(cells, from, edge.b);
  });
  const layers = [];
  for (let r = 0; r <= rank.reduce((m, v) => Math.max(m, v), 0); ++r) layers.push([]);
  // In the order of a walk along the edges, so that what belongs together starts together.
  const seen = new Uint8Array(cells.length);
  for (let start = 0; start < cells.length; ++start) {
    if (cells[start].up.length > 0 || seen[start]) continue;
    const stack = [start];
    while (stack.length > 0) {
      const c = stack.pop();
      if (seen[c]) continue;
      seen[c] = 1;
      layers[cells[c].rank].push(c);
      for (let e = cells[c].down.length - 1; e >= 0; --e) stack.push(cells[c].down[e]);
    }
  }
  return {cells, layers, routes, turned: edges.map(edge => edge.turned)};
}

function link(cells, a, b) {
  cells[a].down.push(b);
  cells[b].up.push(a);
}

function orderLayers({cells, layers}) {
  const setPositions = () => layers.forEach(layer => layer.forEach((c, k) => cells[c].pos = k));
  setPositions();
  let best = layers.map(layer => [...layer]);
  let fewest = countCrossings(cells, layers);
  const size = cells.length;
  const sweeps = size > 4000 ? 3 : SWEEPS;
  for (let sweep = 0; sweep < sweeps && fewest > 0; ++sweep) {
    const down = sweep % 2 === 0;
    const walk = down ? layers.slice(1) : layers.slice(0, -1).reverse();
    for (const layer of walk) {
      for (const c of layer) {
        const near = down ? cells[c].up : cells[c].down;
        cells[c].key = near.length === 0 ? cells[c].pos : near.reduce((sum, n) => sum + cells[n].pos, 0) / near.length;
      }
      layer.sort((a, b) => cells[a].key - cells[b].key || cells[a].pos - cells[b].pos);
      layer.forEach((c, k) => cells[c].pos = k);
    }
    const crossings = countCrossings(cells, layers);
    if (crossings < fewest) {
      fewest = crossings;
      best = layers.map(layer => [...layer]);
    }
  }
  layers.forEach((layer, r) => layer.splice(0, layer.length, ...best[r]));
  setPositions();
}

// By a tree of sums over the positions of the lower layer.
function countCrossings(cells, layers) {
  let crossings = 0;
  for (let r = 0; r + 1 < layers.length; ++r) {
    const ends = [];
    for (const c of layers[r]) {
      const below = cells[c].down.map(d => cells[d].pos).sort((a, b) => a - b);
      for (const pos of below) ends.push(pos);
    }
    const tree = new Int32Array(layers[r + 1].length + 2);
    let seen = 0;
    for (const pos of ends) {
      let upTo = 0;
      for (let k = pos + 1; k > 0; k -= k & -k) upTo += tree[k];
      crossings += seen - upTo;
      for (let k = pos + 1; k < tree.length; k += k & -k) tree[k] += 1;
      ++seen;
    }
  }
  return crossings;
}

function separation(a, b) {
  const gap = a.at < 0 && b.at < 0 ? GAP_EDGE : GAP_X;
  return (a.w + b.w) / 2 + gap;
}

function placeX({cells, layers}) {
  for (const layer of layers) {
    let x = 0;
    layer.forEach((c, k) => {
      if (k > 0) x += separation(cells[layer[k - 1]], cells[c]);
      cells[c].x = x;
    });
    const middle = x / 2;
    for (const c of layer) cells[c].x -= middle;
  }
  const rounds = cells.length > 4000 ? 6 : 14;
  for (let round = 0; round < rounds; ++round) {
    const down = round % 2 === 0;
    const both = round >= rounds - 4;
    const walk = down ? layers : [...layers].reverse();
    for (const layer of walk) settle(cells, layer, both ? 'both' : down ? 'up' : 'down');
  }
}

// Moves the cells of a layer as near as can be to the middle of their neighbours, order and gaps kept: blocks of cells
// that touch are merged and placed by their weighted mean.
function settle(cells, layer, side) {
  const blocks = [];
  let offset = 0;
  layer.forEach((c, k) => {
    const cell = cells[c];
    if (k > 0) offset += separation(cells[layer[k - 1]], cell);
    const {want, weight} = wish(cells, cell, side);
    blocks.push({sum: (want - offset) * weight, weight, first: k, mean: want - offset});
    while (blocks.length > 1 && blocks[blocks.length - 2].mean > blocks[blocks.length - 1].mean) {
      const last = blocks.pop(), prior = blocks[blocks.length - 1];
      prior.sum += last.sum;
      prior.weight += last.weight;
      prior.mean = prior.sum / prior.weight;
    }
  });
  offset = 0;
  let block = 0;
  layer.forEach((c, k) => {
    if (k > 0) offset += separation(cells[layer[k - 1]], cells[c]);
    while (block + 1 < blocks.length && blocks[block + 1].first <= k) ++block;
    cells[c].x = blocks[block].mean + offset;
  });
}

// Edges between dummies are worth most: long edges become straight.
function wish(cells, cell, side) {
  let sum = 0, weight = 0;
  const look = list => {
    for (const n of list) {
      const w = cell.at < 0 && cells[n].at < 0 ? 8 : cell.at < 0 || cells[n].at < 0 ? 2 : 4 / Math.sqrt(list.length);
      sum += w * cells[n].x;
      weight += w;
    }
  };
  if (side !== 'down') look(cell.up);
  if (side !== 'up') look(cell.down);
  if (weight === 0) return {want: cell.x, weight: 0.01};
  return {want: sum / weight, weight};
}

function finish(nodes, edges, {cells, layers, routes, turned}) {
  const tops = [];
  let y = 0;
  for (const layer of layers) {
    let height = 0;
    for (const c of layer) height = Math.max(height, cells[c].h);
    tops.push({top: y, height});
    y += height + (height === 0 && tops.length === 1 ? GAP_PORT : GAP_Y);
  }
  if (tops.length > 1 && tops[tops.length - 1].height === 0) {
    tops[tops.length - 1].top -= GAP_Y - GAP_PORT;
    y -= GAP_Y - GAP_PORT;
  }
  let left = Infinity, right = -Infinity;
  for (const cell of cells) {
    left = Math.min(left, cell.x - cell.w / 2);
    right = Math.max(right, cell.x + cell.w / 2);
  }
  const middle = cell => tops[cell.rank].top + tops[cell.rank].height / 2;
  const points = edges.map((edge, k) => {
    const list = [];
    for (const c of routes[k]) {
      const {top, height} = tops[cells[c].rank];
      const x = cells[c].x - left;
      list.push({x, y: top}, {x, y: top + height});
    }
    return turned[k] ? list.reverse() : list;
  });
  return {
    w: right - left,
    h: Math.max(0, y - GAP_Y),
    nodes: nodes.map((node, at) => ({x: cells[at].x - left, y: middle(cells[at])})),
    // The layer that a node stands in: lines bend outside it.
    bands: nodes.map((node, at) => {
      const {top, height} = tops[cells[at].rank];
      return {top, bottom: top + height};
    }),
    edges: points,
    back: turned,
  };
}
