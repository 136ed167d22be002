#!/bin/sh
# compile_commands.sh FLAGS FILE...: what editors and clang-tidy read, from the flags that make uses.
flags=$1 comma=
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
echo '['
for file; do
    printf '%s  {"directory": "%s", "file": "%s", "command": "cc %s -c %s"}' "$comma" "$root" "$file" \
        "$(printf %s "$flags" | sed 's/[\\"]/\\&/g')" "$file"
    comma=',
'
done
printf '\n]\n'
