#!/usr/bin/env bash
# Makes docs/play.png anew with Chromium. First, in another terminal: ./hindsight play RUN... --no-open
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
image=AAAAAAAAAAAAAAAAAAAABwAAA_gAAP_gAA_-AADAcAAABgAAAOAAABwAAAPgAAD_AAAfuAABwYAAADgAAAOAAABwAAAOAAcBwABweAAHHwAAP-
image+=AAAAAAAAAAAAAAAAAAAAA # 28 x 28 pixels of a 3, the upper half of which is given
chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,"${HEIGHT:-1010}" \
  --virtual-time-budget=60000 --screenshot="$PWD/play.png" \
  "${1:-http://127.0.0.1:7784}/#given=$image&from=392&count=4&speed=6&seed=${SEED:-4}&drawn=1"
