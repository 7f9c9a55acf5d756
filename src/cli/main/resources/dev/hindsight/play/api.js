// What the page asks its server. recorded.js answers the same questions without one.
import { Recorded } from "./recorded.js";

/** The server said no, in a line for people. */
export class Refused extends Error {}

class Live {
  recorded = false;

  models() {
    return this.#get("api/models").then((answer) => answer.json());
  }

  structure() {
    return this.#get("api/structure").then((answer) => answer.json());
  }

  /** All sets of a model, one a pixel, in whole bytes each. */
  async sight(model) {
    const answer = await this.#get(`api/sight/${encodeURIComponent(model)}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** The logits of an image. */
  async surprise(model, image, signal) {
    const answer = await this.#post("api/surprise", { model, image }, signal);
    return (await answer.json()).logits;
  }

  /** The logit of a pixel, and its gradient by each pixel of the image. */
  async sees(model, image, pixel, signal) {
    return (await this.#post("api/sees", { model, image, pixel }, signal)).json();
  }

  /** Calls `on(name, data)` for each event of a drawing. */
  async draw(wish, on, signal) {
    const answer = await this.#post("api/draw", wish, signal);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const found = /^event: (.*)\ndata: (.*)$/.exec(event);
        if (found) {
          on(found[1], JSON.parse(found[2]));
        }
      }
    }
  }

  #get(path) {
    return this.#fetch(path, {});
  }

  #post(path, body, signal) {
    const headers = { "Content-Type": "application/json" };
    return this.#fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  }

  async #fetch(path, options) {
    let answer;
    try {
      answer = await fetch(path, options);
    } catch (e) {
      if (e.name === "AbortError") {
        throw e;
      }
      throw new Refused("The server does not answer; is ./hindsight play still running?");
    }
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      throw new Refused(said.error ?? `The server answered ${answer.status}.`);
    }
    return answer;
  }
}

export const api =
  document.documentElement.dataset.source === "recorded" ? new Recorded(Refused) : new Live();
