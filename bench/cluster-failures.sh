#!/usr/bin/env bash
# What a failure costs on a standalone Spark cluster: a master and two workers of one core as
# processes of this machine, a run for each part that fails, and a run of one machine to compare
# with. Prints a table; takes some minutes. Port 7177 of loopback must be free.
#   bench/cluster-failures.sh            all rows
#   bench/cluster-failures.sh executor   one of: executor worker driver stopped
set -uo pipefail

root=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
hindsight=${HINDSIGHT:-$root/hindsight}
work=$(mktemp -d)
master=spark://127.0.0.1:7177
every=40 # steps between two checkpoints
size=(--residual-channels 16) # which a run that goes on keeps
recipe=(wavenet --backend cpu --epochs 1 --checkpoint-every "$every")
export SPARK_WORKER_DIR=$work/applications
pids=()

# Those of this script alone: what it started, and what a worker started.
end() {
  local pid
  for pid in "${pids[@]}"; do
    pkill -KILL -P "$pid" 2>/dev/null
    kill -KILL "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# Waits until a file says something; $3 seconds at most.
await() {
  local until=$((SECONDS + $3))
  until grep -q -E "$2" "$1" 2>/dev/null; do
    ((SECONDS < until)) || { echo "cluster-failures: $1 does not say '$2'" >&2; tail -n 5 "$1" >&2; exit 1; }
    sleep 0.2
  done
}

start_worker() {
  "$hindsight" spark worker --host 127.0.0.1 --cores 1 --memory 2g "$master" >"$work/worker$1" 2>&1 &
  workers[$1]=$!
  pids+=($!)
  await "$work/worker$1" 'Successfully registered' 120
}

start_training() {
  : >"$log"
  "$hindsight" train "${recipe[@]}" --cluster "$master" --workers 2 --shards 8 --run "$run" \
    --conf spark.network.timeout=20s "$@" >"$log" 2>&1 &
  driver=$!
  pids+=("$driver")
}

# Steps of the epoch that its log has shown.
shown() { sed -n 's/.*step \([0-9]*\)\/.*/\1/p' "$1" | tail -n 1; }

seconds_since() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }'; }

digest() { sha256sum "$1/model.safetensors" | cut -c 1-16; }

row() {
  local what=$1 run=$work/run-$1 log=$work/log-$1 driver began noticed went_on lost from left
  start_training "${size[@]}"
  local until=$((SECONDS + 300))
  until (($(shown "$log") + 0 > every)); do
    if ! kill -0 "$driver" 2>/dev/null || ((SECONDS > until)); then
      cat "$log" >&2
      exit 1
    fi
    sleep 0.1
  done
  lost=$(shown "$log")
  began=$(date +%s.%N)
  case $what in
    executor) pkill -KILL -P "${workers[1]}" ;;
    worker) kill -KILL "${workers[1]}" ;;
    stopped) pkill -STOP -P "${workers[1]}" ;;
    driver)
      kill -KILL "$driver"
      wait "$driver" 2>/dev/null
      noticed='' # there is nobody to notice
      log=$log-again
      start_training --resume
      ;;
  esac
  if [[ $what != driver ]]; then
    await "$log" 'a worker was lost' 120
    noticed=$(seconds_since "$began")
    lost=$(sed '/a worker was lost/,$d' "$log" >"$log-before"; shown "$log-before")
  fi
  local lines
  lines=$(grep -c -E 'step [0-9]+/' "$log")
  until (($(grep -c -E 'step [0-9]+/|^epoch 1/1: ' "$log") > lines)); do
    kill -0 "$driver" 2>/dev/null || break
    sleep 0.1
  done
  went_on=$(seconds_since "$began")
  wait "$driver" || { cat "$log" >&2; exit 1; }
  from=$(sed -n 's/.*resuming at step \([0-9]*\) of.*/\1/p' "$log" | tail -n 1)
  left=$(sed -n 's/.*going on from .* with \([0-9]*\) worker.*/\1/p' "$log" | tail -n 1)
  echo "| $what | ${noticed} | $went_on | $((lost - ${from:-$every})) of $lost | ${left:-2} | $(digest "$run")… |"
  case $what in
    worker) start_worker 1 ;;
    stopped) pkill -CONT -P "${workers[1]}"; true ;;
  esac
}

"$hindsight" train "${recipe[@]}" "${size[@]}" --shards 8 --run "$work/alone" >"$work/alone.log" 2>&1 ||
  { cat "$work/alone.log" >&2; exit 1; }
"$hindsight" spark master --host 127.0.0.1 --port 7177 >"$work/master" 2>&1 &
pids+=($!)
await "$work/master" 'I have been elected leader' 120
workers=()
start_worker 0
start_worker 1
echo '| what failed | noticed after, s | next step seen after, s | steps shown and done again | workers then | SHA-256 of model.safetensors |'
echo '|---|---:|---:|---:|---:|---|'
echo "| nothing, one machine, --shards 8 | | | | | $(digest "$work/alone")… |"
for what in "${@:-executor worker stopped driver}"; do
  for each in $what; do row "$each"; done
done
