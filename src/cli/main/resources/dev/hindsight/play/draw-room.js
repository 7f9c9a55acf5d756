// The first room: a beginning, and what models make of it.
import { api } from "./api.js";
import { BLACK_OR_WHITE, blank, column, HEIGHT, isBlank, PIXELS, row, WIDTH } from "./shape.js";
import * as address from "./address.js";
import { Editor } from "./editor.js";
import { pen } from "./pen.js";
import { image, nats, natsAndBits, scale, surprises } from "./paint.js";
import { element, Player, SPEEDS } from "./player.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 250; // milliseconds after a stroke
const SIDE_BY_SIDE = 3; // models that are chosen where nobody has

export class DrawRoom {
  #models;
  #chosen;
  #rows = new Map(); // by id: article, strip, own, player
  #stop = new AbortController();
  #look = new AbortController();
  #pause = 0;
  #then = 0;
  #trouble;

  constructor({ models, beginnings, kind }, trouble) {
    this.#models = models;
    this.#trouble = trouble;
    this.editor = new Editor($("editor"), $("editor-where"), () => this.#edited(), () => this.go());
    this.#beginnings(beginnings, kind);
    this.#pen();
    this.#classes();
    this.#controls();
    this.restore();
    requestAnimationFrame((now) => this.#tick(now));
  }

  /** The picture that another room may look at. */
  get pixels() {
    return this.editor.pixels;
  }

  /** As the address says. */
  restore() {
    const given = address.unpack(address.read("given"));
    const from = address.number("from", 0, PIXELS);
    this.editor.set(given, from, from > 0);
    $("seed").value = address.number("seed", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    $("temperature").value = address.number("temperature", 0.05, 10);
    $("count").value = address.number("count", 1, 8);
    $("class").value = address.read("class");
    if ($("class").selectedIndex < 0) {
      $("class").selectedIndex = 0;
    }
    $("speed").value = address.number("speed", 0, SPEEDS.length - 1);
    const asked = address.read("models").split(",").filter((id) => this.#models.some((m) => m.id === id));
    this.#chosen = new Set(asked.length ? asked : this.#usual());
    for (const box of $("models").querySelectorAll("input")) {
      box.checked = this.#chosen.has(box.value);
    }
    this.#say();
    this.#layOut();
    this.#surprised();
    if (address.read("drawn") === "1") {
      this.go();
    }
  }

  /** The best ones, in the order of the page. */
  #usual() {
    const held = (model) => model.nats ?? Infinity;
    const best = this.#models.toSorted((a, b) => held(a) - held(b)).slice(0, SIDE_BY_SIDE);
    return this.#models.filter((m) => best.includes(m)).map((m) => m.id);
  }

  #beginnings(images, kind) {
    $("digits").querySelector("legend").textContent = `Or start from the top of a ${kind}`;
    images.forEach((pixels, k) => {
      const canvas = element("canvas");
      image(canvas, pixels);
      const button = element("button", { type: "button", title: `${kind} ${k + 1}` }, canvas);
      button.setAttribute("aria-label", `Start from the upper half of ${kind} ${k + 1}`);
      button.addEventListener("click", () => {
        this.editor.set(pixels, Math.floor(HEIGHT / 2) * WIDTH, true);
        this.#edited();
      });
      $("digits").append(button);
    });
  }

  /** What it draws with: white, or a chosen grey or colour. */
  #pen() {
    $("pen").replaceChildren(...pen((levels) => (this.editor.pen = levels)));
    $("pen").hidden = BLACK_OR_WHITE;
  }

  /** The classes of the models that know any. */
  #classes() {
    const models = this.#models.filter((model) => model.classes);
    const names = [...new Set(models.flatMap((model) => model.classes))];
    const none = models.every((model) => model.classless) ? [new Option("any", "")] : [];
    $("class").replaceChildren(...none, ...names.map((name) => new Option(name, name)));
    $("class-field").hidden = models.length === 0;
    $("classes-help").hidden = models.length === 0;
    $("class").addEventListener("input", () => {
      this.#say();
      this.#surprised();
    });
  }

  /** Tells each model which class its images are of. */
  #useClass() {
    for (const { id, classes } of this.#models) {
      if (classes?.includes($("class").value)) {
        api.classes[id] = $("class").value;
      } else {
        delete api.classes[id];
      }
    }
  }

  #controls() {
    for (const model of this.#models) {
      const box = element("input", { type: "checkbox", value: model.id });
      box.addEventListener("change", () => this.#choose(model.id, box.checked));
      const held = model.nats ? `, ${natsAndBits(model.nats, PIXELS)}` : "";
      const run = element("span", { className: "small", textContent: ` ${model.run}${held}` });
      $("models").append(element("label", {}, box, ` ${model.model}`, run));
    }
    $("go").addEventListener("click", () => {
      this.go();
      this.#reveal();
    });
    $("step").addEventListener("click", () => this.#players().forEach((player) => player.step()));
    $("clear").addEventListener("click", () => {
      this.editor.set(blank(), 0, false);
      this.#edited();
    });
    $("erase").addEventListener("click", () => {
      this.editor.erasing = !this.editor.erasing;
      $("erase").setAttribute("aria-pressed", this.editor.erasing);
    });
    $("from").max = HEIGHT - 1;
    $("from").addEventListener("input", () => {
      this.editor.set(this.editor.pixels, Number($("from").value) * WIDTH, true);
      this.#edited();
    });
    $("another").addEventListener("click", () => {
      $("seed").value = Math.floor(Math.random() * 1e6);
      this.#say();
      this.go();
    });
    for (const id of ["seed", "temperature", "count", "speed"]) {
      $(id).addEventListener("input", () => this.#say());
    }
    for (const radio of document.getElementsByName("under")) {
      radio.addEventListener("change", () => this.#under());
    }
    scale($("scale"), "probability");
  }

  #under() {
    const under = document.querySelector("input[name=under]:checked").value;
    scale($("scale"), under);
    this.#players().forEach((player) => {
      player.under = under;
      player.paint();
    });
  }

  #choose(id, on) {
    if (on) {
      this.#chosen.add(id);
    } else {
      this.#chosen.delete(id);
    }
    this.#say();
    this.#layOut();
    this.#surprised();
  }

  #number(id, fallback) {
    const value = $(id).valueAsNumber;
    return $(id).value !== "" && Number.isFinite(value) && $(id).checkValidity() ? value : fallback;
  }

  /** Shows what is set, here and in the address. */
  #say() {
    const speed = SPEEDS[$("speed").value];
    $("speed-value").textContent =
      speed === 0 ? "one by one" : speed === Infinity ? "at once" : `${speed} pixels a second`;
    $("step").hidden = speed !== 0;
    $("temperature-value").textContent = Number($("temperature").value).toFixed(2);
    const { from } = this.editor;
    $("from").value = Math.min(row(from), HEIGHT - 1);
    $("from-value").textContent = `${row(from)}` + (column(from) ? `, column ${column(from)}` : "");
    this.#useClass();
    address.write({
      class: $("class").selectedIndex > 0 ? $("class").value : "",
      given: address.pack(this.editor.pixels),
      from,
      seed: this.#number("seed", 0),
      temperature: $("temperature").value,
      count: this.#number("count", 4),
      speed: $("speed").value,
      models: [...this.#chosen].join() === this.#usual().join() ? "" : [...this.#chosen].join(),
    });
  }

  #edited() {
    this.#say();
    address.write({ drawn: "" });
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#surprised(), PAUSE);
  }

  /** A row for each chosen model. */
  #layOut() {
    for (const [id, row] of this.#rows) {
      if (!this.#chosen.has(id)) {
        row.article.remove();
        this.#rows.delete(id);
      }
    }
    for (const model of this.#models) {
      if (this.#chosen.has(model.id) && !this.#rows.has(model.id)) {
        const own = element("figure", { className: "own", hidden: true });
        const strip = element("div", { className: "strip" }, own);
        const heading = element("h3", { textContent: model.model });
        const article = element("article", {}, heading, strip);
        article.dataset.model = model.id;
        this.#rows.set(model.id, { article, strip, own, player: null });
      }
    }
    $("results").replaceChildren(
      ...this.#models.filter((m) => this.#rows.has(m.id)).map((m) => this.#rows.get(m.id).article));
    if (this.#rows.size === 0) {
      $("results").textContent = "Choose a model.";
    }
  }

  /** What each model thinks of what is on the canvas, whoever drew it. */
  async #surprised() {
    this.#look.abort();
    this.#look = new AbortController();
    const { signal } = this.#look;
    const pixels = this.editor.pixels;
    const empty = isBlank(pixels);
    for (const [id, { own }] of this.#rows) {
      own.hidden = empty;
      if (empty) {
        continue;
      }
      try {
        const odds = await api.surprise(id, pixels, signal);
        if (signal.aborted) {
          return;
        }
        const map = element("canvas");
        surprises(map, pixels, odds);
        map.setAttribute("role", "img");
        map.setAttribute("aria-label", "How surprising each pixel of your drawing is");
        const value = natsAndBits(nats(pixels, odds, PIXELS), PIXELS);
        own.replaceChildren(map, element("figcaption", {}, "Surprise of your drawing: ", value));
      } catch (e) {
        if (e.name === "AbortError") {
          return; // a later look shows its own
        }
        own.hidden = true;
        this.#trouble(e);
      }
    }
  }

  #players() {
    return [...this.#rows.values()].map((row) => row.player).filter(Boolean);
  }

  /** Every chosen model goes on from what is drawn. */
  go() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#trouble(null);
    address.write({ drawn: "1" });
    for (const [id, row] of this.#rows) {
      row.player?.remove();
      row.player?.status.remove();
      const wish = {
        model: id,
        given: this.editor.given(),
        from: this.editor.from,
        seed: this.#number("seed", 0),
        temperature: Number($("temperature").value),
        count: this.#number("count", 4),
      };
      const player = new Player(row.strip, wish, this.#models.find((m) => m.id === id).classes ?? []);
      player.under = document.querySelector("input[name=under]:checked").value;
      row.player = player;
      row.strip.before(player.status);
      api.draw(wish, (name, data) => player.take(name, data), this.#stop.signal).catch((e) => {
        if (e.name !== "AbortError") {
          player.take("failed", { error: e.message });
        }
      });
    }
  }

  /** On a telephone results lie far below the button. */
  #reveal() {
    if ($("results").getBoundingClientRect().top > innerHeight) {
      $("results").scrollIntoView();
    }
  }

  #tick(now) {
    const speed = SPEEDS[$("speed").value];
    const millis = this.#then ? Math.min(now - this.#then, 200) : 0;
    this.#then = now;
    for (const player of this.#players()) {
      if (!player.finished || !player.told) {
        player.advance(speed, millis);
      }
    }
    requestAnimationFrame((later) => this.#tick(later));
  }
}
