// NLL of each model on the images that choose its epoch; drawn anew where the width, the theme or the axis changes.
const place = document.getElementById("curves");
const dark = matchMedia("(prefers-color-scheme: dark)");
let plot = null;
let shown = curves.map(() => true);

function draw() {
  const by = document.querySelector("input[name=by]:checked").value;
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink");
  const axis = (label, size) => ({ label, size, stroke: ink, grid: { width: 1, stroke: style.getPropertyValue("--rule") } });
  const tables = curves.map((curve) => [curve[by], curve.nats]);
  const options = {
    width: place.clientWidth,
    height: Math.min(420, Math.max(280, place.clientWidth * 0.6)),
    scales: { x: { time: false } },
    axes: [axis(by === "images" ? "training images" : "seconds of training", 40), axis("nats per image", 60)],
    series: [{ label: by },
      ...curves.map((curve, k) => ({ label: curve.model, stroke: dark.matches ? curve.dark : curve.light, width: 2, spanGaps: true, show: shown[k] }))],
    hooks: { setSeries: [(u) => { shown = u.series.slice(1).map((series) => series.show); }] },
  };
  plot?.destroy();
  place.replaceChildren();
  plot = new uPlot(options, uPlot.join(tables), place);
}

if (curves.some((curve) => curve.nats.length > 1)) {
  document.getElementById("by").hidden = false;
  draw();
  document.getElementById("by").addEventListener("change", draw);
  dark.addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width !== innerWidth) {
      width = innerWidth;
      draw();
    }
  });
}
