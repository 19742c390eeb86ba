#!/usr/bin/env bash
# Says which prerequisites are missing, all of them at once, and how to get each.
#
#   check-tools.sh build    what building and the demo need
#   check-tools.sh test     what the tests need beside it
set -u
cd "$(dirname "$0")/.." || exit 1

purpose=${1:-test}
missing=0

# The oldest versions that will do. Cargo.toml (rust-version) and dashboards/web/package.json (engines) say the same.
rust=1.95
node=20.19
python=3.9

# lacking WHAT DEBIAN FEDORA [OTHER]: notes one missing prerequisite with the ways to get it.
lacking() {
    missing=$((missing + 1))
    echo "missing: $1"
    [ -z "$2" ] || echo "    Debian, Ubuntu:  $2"
    [ -z "$3" ] || echo "    Fedora:          $3"
    [ -z "${4:-}" ] || echo "    elsewhere:       $4"
}

# at_least VERSION MINIMUM: compares dotted versions.
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

has() {
    command -v "$1" >/dev/null 2>&1
}

rustup='curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh'

if [ "$(uname -s)" != Linux ]; then
    lacking "Linux: chorsu receives datagrams by recvmmsg(2), which other systems do not have" "" "" "a virtual machine or a container with Linux"
fi

if ! has cargo || ! has rustc; then
    lacking "Rust $rust or newer (cargo, rustc)" "$rustup" "$rustup" "https://rustup.rs; the version is chosen by rust-toolchain.toml"
elif ! found=$(rustc --version 2>&1); then
    lacking "the Rust toolchain that rust-toolchain.toml names: $(tail -n 1 <<<"$found")" "rustup toolchain install" "rustup toolchain install"
elif ! at_least "$(cut -d' ' -f2 <<<"$found")" "$rust"; then
    lacking "Rust $rust or newer; this is $found" "rustup update, or without rustup: $rustup" "rustup update, or without rustup: $rustup"
fi

if ! has cc; then
    lacking "a C compiler (cc)" "sudo apt-get install build-essential" "sudo dnf install gcc"
fi

if ! has node || ! has npm; then
    lacking "Node.js $node or newer with npm" "sudo apt-get install nodejs npm" "sudo dnf install nodejs" "https://nodejs.org, if your distribution's is older"
elif ! at_least "$(node --version | tr -d v)" "$node"; then
    lacking "Node.js $node or newer; this is $(node --version)" "" "" "https://nodejs.org"
fi

if [ "$purpose" = test ]; then
    if ! has python3; then
        lacking "Python $python or newer with pip, for the tests" "sudo apt-get install python3 python3-pip" "sudo dnf install python3 python3-pip"
    else
        found=$(python3 -c 'import platform; print(platform.python_version())')
        at_least "$found" "$python" || lacking "Python $python or newer, for the tests; this is $found" "" "" "https://www.python.org"
        python3 -m pip --version >/dev/null 2>&1 || lacking "Python's pip, for the tests" "sudo apt-get install python3-pip" "sudo dnf install python3-pip"
    fi
fi

if [ "$missing" -gt 0 ]; then
    echo "Install what is missing and run make again."
    exit 1
fi
