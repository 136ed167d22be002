# Sourced by what runs the tests: parts that each say `NAME: N passed, N failed`, side by side or one by one.
#   begin NAME COMMAND...   starts a part as soon as fewer than $at_once run
#   judge NAME              waits for it, shows and counts what it says
#   finish                  what failed, then the line that adds them up
passed=0 failed=0
at_once=${at_once:-$((4 * $(nproc)))}
declare -A running=() losses=()
mkdir -p "$build"
begin() {
    local name=$1
    shift
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do
        sleep 0.1 # poll: until one has ended
    done
    rm -f "$build/$name.status"
    : >"$build/$name.log"
    { TIMEFORMAT="$name %R s, %U + %S of a core, begun at $SECONDS"
      { time "$@" >"$build/$name.log" 2>&1; } 2>"$build/$name.time"; echo $? >"$build/$name.status"; } &
    running[$name]=$!
}
judge() {
    local line status
    if [ -s "$build/$1.status" ]; then
        cat "$build/$1.log"
    else
        tail -n +1 -f -s 0.1 --pid="${running[$1]}" "$build/$1.log" # until it has ended
    fi
    status=$(cat "$build/$1.status" 2>/dev/null || echo "none")
    line=$(grep -E "^$1: [0-9]+ passed, [0-9]+ failed" "$build/$1.log" | tail -n 1)
    if [[ ! $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
        echo "$1: ended with status $status before it had counted its tests" | tee -a "$build/$1.log"
        losses[$1]=1
    else
        passed=$((passed + BASH_REMATCH[1]))
        [ "${BASH_REMATCH[2]}" = 0 ] || losses[$1]=${BASH_REMATCH[2]}
        [[ $status != 0 && ${BASH_REMATCH[2]} = 0 ]] && losses[$1]=1 && echo "$1: exit status $status" | tee -a "$build/$1.log"
    fi
    failed=$((failed + ${losses[$1]:-0}))
}
finish() {
    local name
    for name in "${!losses[@]}"; do
        echo "== $name: ${losses[$name]} failed"
        grep -E 'FAILED|:[FE]:|^replay|status|ERROR|differ|refused' "$build/$name.log" | cut -c1-400 | tail -n 12
    done
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
