#!/usr/bin/env bash
# See that the machine has what pip cannot install; add what is missing where that is allowed, else name it.
#
#     system.sh python    a Python 3.11 or newer that can make a virtual environment; without it nothing works
#     system.sh pdf       Pango, with which WeasyPrint sets text; without it only the PDF reports do not work
#     system.sh tests     Chromium, Poppler and LibreOffice; without them the tests that need them are skipped
#
# Debian's packages are installed by root, or through sudo when it asks for no password. When nothing is missing
# no package tool is started, so a second run needs no network. COALITION_TESTS_REQUIRE=all makes a missing
# test tool an error.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
APT_OPTIONS=(-y -qq --no-install-recommends -o DPkg::Lock::Timeout=300)

# --- is it there? ------------------------------------------------------------------------------------------

has_library() {
    local listing
    listing=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)
    [[ $listing == *"$1"* ]]
}

has_command() { command -v "$1" >/dev/null 2>&1; }

# Print the Debian packages of a need that this machine lacks, on one line.
missing() {
    case $1 in
    python)
        bash "$here/python.sh" >/dev/null || echo python3 python3-venv
        ;;
    pdf)
        has_library libpango-1.0.so.0 || echo libpango-1.0-0
        has_library libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
        has_library libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
        ;;
    tests)
        has_command chromium || echo chromium
        { has_command pdftotext && has_command pdftoppm; } || echo poppler-utils
        # Reads the workbooks and letters that the product writes: 97 MB to fetch, 303 MB on the disk.
        has_command soffice || echo libreoffice-calc-nogui libreoffice-writer-nogui
        ;;
    esac | paste -sd ' ' -
}

# --- may we install it? ------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes "$@"
    fi
}

may_install() {
    has_command apt-get || return 1
    [ "$(id -u)" -eq 0 ] || { has_command sudo && sudo -n true 2>/dev/null; }
}

refresh_lists() { as_root apt-get update -qq </dev/null; }

install() {
    echo "Installing Debian packages: $*"
    # A new machine has no lists of packages, and an old one may have lists that name files no longer there.
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || refresh_lists
    as_root apt-get install "${APT_OPTIONS[@]}" "$@" </dev/null >/dev/null && return
    refresh_lists && as_root apt-get install "${APT_OPTIONS[@]}" "$@" </dev/null >/dev/null
}

# --- what to say when it is not there ----------------------------------------------------------------------

explain() {
    local need=$1 packages=$2
    case $need in
    python)
        echo "ERROR: no Python 3.11 or newer that can make a virtual environment; install: $packages" >&2
        return 1
        ;;
    pdf)
        echo "WARNING: PDF reports need these system packages, which are missing here: $packages" >&2
        ;;
    tests)
        echo "WARNING: THE TESTS THAT NEED THESE ARE SKIPPED, install them to run every test: $packages" >&2
        [ "${COALITION_TESTS_REQUIRE:-}" != all ]
        ;;
    esac
}

need=${1:?usage: system.sh python|pdf|tests}
packages=$(missing "$need")
if [ -n "$packages" ] && may_install; then
    # shellcheck disable=SC2086  # one word each
    install $packages || true
    packages=$(missing "$need")
fi
[ -z "$packages" ] || explain "$need" "$packages"
