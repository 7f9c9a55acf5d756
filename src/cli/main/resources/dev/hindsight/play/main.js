// The page: three rooms, one of which is open.
import { api } from "./api.js";
import * as shape from "./shape.js";
import * as address from "./address.js";
import { DrawRoom } from "./draw-room.js";
import { SightRoom } from "./sight-room.js";
import { StructureRoom } from "./structure-room.js";

const ROOMS = ["draw", "sight", "structure"];
const $ = (id) => document.getElementById(id);

/** One line about what went wrong, or none. */
function trouble(e) {
  $("trouble").hidden = e === null;
  $("trouble").textContent = e?.message ?? "";
}

async function begin() {
  const known = await api.models();
  shape.use(known);
  document.documentElement.classList.toggle("black-or-white", shape.BLACK_OR_WHITE);
  document.documentElement.style.setProperty("--narrow", Math.min(1, shape.WIDTH / shape.HEIGHT));
  const draw = new DrawRoom(known, trouble);
  const rooms = {
    draw,
    sight: new SightRoom(known, () => draw.pixels, trouble),
    structure: new StructureRoom(),
  };

  function open(room) {
    for (const each of ROOMS) {
      $(each).hidden = each !== room;
      $(`tab-${each}`).setAttribute("aria-selected", each === room);
      $(`tab-${each}`).tabIndex = each === room ? 0 : -1;
    }
    address.write({ room });
    document.title = `${$(`tab-${room}`).textContent} · Hindsight`;
    trouble(null);
    Promise.resolve(rooms[room].enter?.()).catch(trouble);
  }

  $("tabs").addEventListener("click", (e) => {
    const room = e.target.getAttribute("aria-controls");
    if (room) {
      open(room);
    }
  });
  $("tabs").addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (step) {
      const now = ROOMS.indexOf(e.target.getAttribute("aria-controls"));
      const next = ROOMS[(now + step + ROOMS.length) % ROOMS.length];
      open(next);
      $(`tab-${next}`).focus();
    }
  });
  const opened = () => (ROOMS.includes(address.read("room")) ? address.read("room") : "draw");
  addEventListener("hashchange", () => {
    draw.restore();
    open(opened());
  });
  open(opened());
  document.documentElement.dataset.ready = "yes";
}

begin().catch(trouble);
