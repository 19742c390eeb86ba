#!/usr/bin/env bash
# Runs the fuzz targets from their seeds, each for so many seconds, and says of each what came of it.
#
#   fuzz/run.sh SECONDS [TARGET...]    every target, or these
#
# FUZZ_FLAGS are given to libFuzzer, as in FUZZ_FLAGS="-seed=1" fuzz/run.sh 8. What is built and found lies in target/fuzz. The exit code is
# 1 if an input broke a target.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?how many seconds for each target?}
shift
read -r -a flags <<<"${FUZZ_FLAGS:-}"
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for file in fuzz/targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

folder=${CARGO_TARGET_DIR:-target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
binaries=$folder/$host/fuzz

# The longest that one input may take, and the most memory that a target may: both are far beyond what any input needs.
timeout=10
memory_mb=1024

if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "missing: a C++ compiler (c++), for libFuzzer; on Debian and Ubuntu: apt-get install g++" >&2
    exit 1
fi

# What a run needs to know of what an input reached. These belong to the stable compiler; cargo-fuzz uses the same. A target folder of its
# own keeps everything else from being built again; naming the platform keeps build scripts and macros without the counters.
build() {
    local instrument="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
    instrument+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
    instrument+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
    env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="$instrument" "${CARGO:-cargo}" build --locked --quiet --package fuzz --features libfuzzer \
        --profile fuzz --target "$host" --target-dir "$folder" "${targets[@]/#/--bin=}"
}

# Runs one target; false if an input broke it.
fuzz() {
    local target=$1 log=$folder/logs/$1.log dictionary=()
    [ ! -f "fuzz/dictionaries/$target.dict" ] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
    mkdir -p "$folder/logs" "$folder/failures" "$folder/found/$target"
    if RUST_BACKTRACE=1 "$binaries/$target" -max_total_time="$seconds" -timeout=$timeout -rss_limit_mb=$memory_mb -print_final_stats=1 \
        -artifact_prefix="$folder/failures/$target-" "${dictionary[@]}" "${flags[@]}" \
        "$folder/found/$target" "fuzz/corpus/$target" >"$log" 2>&1; then
        echo "$target: $(summary "$log")"
    else
        failure "$target" "$log"
        return 1
    fi
}

# How many inputs were tried, and how many places in the code they reached.
summary() {
    local runs edges
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1")
    edges=$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$1" | tail -n 1)
    echo "$runs inputs, $edges edges reached, nothing broken"
}

# What happened, with what input, and how to see it again.
failure() {
    local target=$1 log=$2 input
    echo "$target: BROKEN"
    grep -v -e '^#' -e '^INFO' -e '^WARNING' -e '^Dictionary' -e 'NEW_FUNC' "$log" | head -n 60
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    [ -n "$input" ] || return 0
    echo "the input:"
    od -An -v -tx1 -w32 "$input" | head -n 64
    echo "to see it again:         $binaries/$target $input"
    echo "to make it a small one:  $binaries/$target -minimize_crash=1 -max_total_time=60 $input"
    echo "to keep it as a test:    mv $input fuzz/corpus/$target/ && cargo test --package fuzz"
}

build
broken=0
for target in "${targets[@]}"; do
    fuzz "$target" || broken=1
done
exit $broken
