#!/usr/bin/env bash
# Start `make run` twice on ports of its own, ask both stores for their first page, end it as Ctrl-C would.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
port=${PORT:-18400}
demo=""
trap 'if [ -n "$demo" ]; then kill -INT "$demo" 2>/dev/null || true; wait "$demo" || true; fi; rm -rf "$folder"' EXIT

try() {
  local began=$SECONDS
  .venv/bin/shop demo --port "$port" --data "$folder/var" >"$folder/out" 2>&1 &
  demo=$!
  for _ in $(seq 720); do
    grep -q "is running" "$folder/out" && break
    kill -0 "$demo" 2>/dev/null || { cat "$folder/out"; exit 1; }
    sleep 0.25
  done
  grep -q "is running" "$folder/out" || { cat "$folder/out"; exit 1; }
  for store in style cocomo; do
    curl --fail --silent --show-error --output /dev/null --header "Host: $store.localhost:$port" "http://127.0.0.1:$port/"
  done
  echo "make run: $1 start ready in $((SECONDS - began)) s"
  kill -INT "$demo"
  wait "$demo" || true
  demo=""
}

try first
try second
