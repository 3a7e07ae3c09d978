#!/usr/bin/env bash
# Serve a demonstration coalition on this computer: what `make run` does once everything is installed.
#
# The demonstration is loaded only into a database that this script has just created, so that records somebody has
# begun to keep are never mixed with invented ones. The mark outlives an interrupted load, which is then repeated.
set -euo pipefail

coalition=.venv/bin/coalition
data=${COALITION_DATA:-var}
host=${HOST:-127.0.0.1}
port=${PORT:-8000}
wanted=$data/.demonstration-wanted

if [ -z "${COALITION_DATABASE_URL:-}" ] && [ ! -e "$data/coalition.sqlite3" ]; then
    mkdir -p -m 0700 "$data"
    touch "$wanted"
fi

"$coalition" db upgrade
if [ -e "$wanted" ]; then
    "$coalition" demo load --with-submission
    rm -f "$wanted"
else
    "$coalition" demo accounts 2>/dev/null || true  # none in an installation of your own
fi

echo
echo "Open http://$host:$port in a browser. Stop with Ctrl-C."
exec "$coalition" serve --host "$host" --port "$port"
