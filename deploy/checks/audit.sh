#!/usr/bin/env bash
# Ask the advisory service of the Python Package Index whether a package that the product is locked to has a known
# weakness. For operators and maintainers: it needs the network, and its answer changes from day to day, so it is no
# part of the checks. Exits with 1 when something is known, with 2 when the service could not be asked.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=build/auditor
if [ ! -x "$tools/bin/pip-audit" ]; then
    # An environment of its own: what audits the product is no part of it.
    "$(bash deploy/setup/python.sh)" -m venv "$tools"
    if ! "$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-input 'pip-audit>=2.9,<3'; then
        rm -rf "$tools"
        echo "pip-audit could not be installed: is there a network?" >&2
        exit 2
    fi
fi

# What the service does not answer for is not known to be sound: pip-audit leaves such packages out and is content.
judge='
import json, sys
try:
    found = json.load(sys.stdin)["dependencies"]
except ValueError:
    found = []
    print("  the advisory service at pypi.org could not be asked", file=sys.stderr)
unknown = sorted(one["name"] for one in found if "skip_reason" in one)
known = [(one["name"], one["version"], flaw["id"], ", ".join(flaw["fix_versions"]) or "none yet")
         for one in found for flaw in one.get("vulns", ())]
for name, version, flaw, mended in known:
    print(f"  {name} {version}: {flaw}, mended in {mended}")
print(f"  {len(found)} packages: {len(found) - len(unknown)} asked about, {len(known)} known weaknesses")
if unknown:
    print(f"  the service gave no answer about {len(unknown)}: nothing is known of them", file=sys.stderr)
sys.exit(1 if known else 2 if unknown or not found else 0)
'
result=0
for lock in requirements.txt requirements-dev.txt; do
    echo "$lock"
    status=0
    "$tools/bin/pip-audit" --requirement "$lock" --require-hashes --disable-pip --progress-spinner off --format json \
        2>/dev/null | "$tools/bin/python" -c "$judge" || status=${PIPESTATUS[1]}
    [ "$status" -le "$result" ] || result=$status
done
exit "$result"
