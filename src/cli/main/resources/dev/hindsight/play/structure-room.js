// The third room: drawings made from the models themselves.
import { api } from "./api.js";
import { element } from "./player.js";

const $ = (id) => document.getElementById(id);

export class StructureRoom {
  #entered = false;

  async enter() {
    if (this.#entered) {
      return;
    }
    $("book").textContent = "Drawing the models ...";
    const { chapters } = await api.structure();
    this.#entered = true;
    $("book").replaceChildren(...chapters.map((chapter) => this.#chapter(chapter)));
    $("chapters").replaceChildren(
      ...chapters.map((chapter) => {
        const button = element("button", { type: "button", textContent: chapter.name });
        button.addEventListener("click", () => {
          const heading = $(`chapter-${chapter.name}`);
          heading.scrollIntoView();
          heading.focus();
        });
        return button;
      }));
  }

  #chapter(chapter) {
    const heading = element("h2", { id: `chapter-${chapter.name}`, tabIndex: -1, textContent: chapter.heading });
    const source = element("p", { className: "small", textContent: `Drawn from ${chapter.source}.` });
    const figures = chapter.drawings.map((drawing) =>
      element(
        "figure",
        {},
        element("div", { className: "wide", tabIndex: 0 },
          element("img", { src: `drawings/${drawing.file}`, alt: drawing.title, loading: "lazy" })),
        element("figcaption", { textContent: drawing.text }),
      ));
    return element("section", {}, heading, element("p", { textContent: chapter.idea }), source, ...figures);
  }
}
