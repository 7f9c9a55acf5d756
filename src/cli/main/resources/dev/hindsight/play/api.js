// What the page asks its server.

/** Images come as Base64 of their levels. */
const imagesOf = (answer) => ({ ...answer, beginnings: answer.beginnings.map(atob) });

/** The server said no, in a line for people. */
export class Refused extends Error {}

class Api {
  /** By model that knows classes the one that its images are of; of no class where it is missing. */
  classes = {};

  async models() {
    return imagesOf(await (await this.#get("api/models")).json());
  }

  structure() {
    return this.#get("api/structure").then((answer) => answer.json());
  }

  /** All sets of a model, one a pixel, in whole bytes each. */
  async sight(model) {
    const answer = await this.#get(`api/sight/${encodeURIComponent(model)}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** The odds of each pixel of an image: the logit of white, or the log-probability of its levels. */
  async surprise(model, image, signal) {
    const answer = await this.#post("api/surprise", this.#of(model, { image: btoa(image) }), signal);
    return (await answer.json()).odds;
  }

  /** The odds of a pixel, the probability of each level, and the gradient by each pixel of the image, if it has one. */
  async sees(model, image, pixel, signal) {
    return (await this.#post("api/sees", this.#of(model, { image: btoa(image), pixel }), signal)).json();
  }

  /** Calls `on(name, data)` for each event of a drawing. */
  async draw(wish, on, signal) {
    const answer = await this.#post("api/draw", this.#of(wish.model, { ...wish, given: btoa(wish.given) }), signal);
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
          const data = JSON.parse(found[2]);
          on(found[1], found[1] === "pixel" ? { ...data, levels: atob(data.levels) } : data);
        }
      }
    }
  }

  #of(model, question) {
    return { ...question, model, class: this.classes[model] };
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

export const api = new Api();
