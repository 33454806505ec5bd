'use strict';
// The graph as it is open now, as a picture of its own.

const COPIED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-weight', 'font-family', 'opacity', 'text-anchor', 'fill-opacity', 'paint-order', 'display'];

function pictureOf(pane) {
  const {scene} = pane;
  const svg = s('svg', {xmlns: SVG, viewBox: `-20 -20 ${scene.w + 40} ${scene.h + 40}`, width: scene.w + 40, height: scene.h + 40, class: 'graph'});
  const view = pane.view;
  const {width, height} = pane.size();
  // Draw everything, at full size, then come back to what the window shows.
  pane.view = {x: 0, y: 0, k: Math.min(width / (scene.w + 1), height / (scene.h + 1), 1)};
  pane.draw();
  pane.svg.classList.remove('far', 'farther');
  const copy = pane.world.cloneNode(true);
  copy.removeAttribute('transform');
  inline(pane.world, copy);
  pane.view = view;
  pane.drawn = null;
  pane.apply();
  svg.append(s('rect', {x: -20, y: -20, width: scene.w + 40, height: scene.h + 40, fill: getComputedStyle(document.body).backgroundColor}), copy);
  return svg;
}

// Styles of the page become attributes: the picture stands alone.
function inline(from, to) {
  const style = getComputedStyle(from);
  for (const name of COPIED) {
    const value = style.getPropertyValue(name);
    if (value) to.setAttribute(name, value);
  }
  to.removeAttribute('style');
  to.removeAttribute('class');
  for (let k = 0; k < from.children.length; ++k) inline(from.children[k], to.children[k]);
}

function download(name, blob) {
  const link = h('a', {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function svgText(pane) {
  return new XMLSerializer().serializeToString(pictureOf(pane));
}

async function pngOf(pane) {
  const svg = pictureOf(pane);
  const [w, tall] = [Number(svg.getAttribute('width')), Number(svg.getAttribute('height'))];
  const scale = Math.min(2, 16000 / Math.max(w, tall));
  const image = new Image();
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], {type: 'image/svg+xml'}));
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error('the picture is too large'));
    image.src = url;
  });
  const canvas = h('canvas', {width: Math.ceil(w * scale), height: Math.ceil(tall * scale)});
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  return new Promise((resolve, reject) => canvas.toBlob(blob => blob ? resolve(blob) : reject(new Error('the picture is too large')), 'image/png'));
}
