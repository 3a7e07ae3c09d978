#!/usr/bin/env bash
# Print the Python that the virtual environment is made with: 3.11 or newer, and able to make one.
# PYTHON=/path/to/python names it; otherwise the first that fits is taken. Nothing is printed when none fits.
set -euo pipefail

fits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3}; do
    path=$(command -v "$candidate" || true)
    if [ -n "$path" ] && fits "$path"; then
        # A version manager's shim stands in front of the interpreter: take the interpreter itself.
        "$path" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
exit 1
