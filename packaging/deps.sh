#!/bin/sh
# deps.sh GROUP: installs what is missing from the distribution's packages, once, and says so.
# build: compiler and libraries; dev: what the tests use besides; fuzz: clang's libFuzzer; lint: who reads the code; real: what Apache Kafka and HDFS run on.
set -u
cd "$(dirname "$0")/.." || exit 1
case ${1:-build} in
build) want="gcc make pkg-config libc6-dev libuv1-dev librdkafka-dev libcurl4-openssl-dev libyaml-dev check libxxhash-dev liblz4-dev libjansson-dev libpcre2-dev liblua5.4-dev" ;;
dev) want="python3 python3-jsonschema python3-yaml mawk kcat curl strace faketime clang clang-format valgrind spin" ;;
fuzz) want="clang libclang-rt-dev" ;;
lint) want="gcc clang-tidy cppcheck" ;;
real) want="default-jre-headless maven kcat curl python3" ;; # Apache Kafka and HDFS themselves come from their own jars
*) echo "usage: deps.sh build|dev|fuzz|lint|real" >&2; exit 64 ;;
esac
command -v dpkg-query >/dev/null || exit 0 # not a Debian: the compiler will say what is missing
missing=
for package in $want; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "tidemark: installing$missing (from the distribution, once)"
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "tidemark: run as root: apt-get install$missing" >&2; exit 1; }
    sudo=sudo
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { $sudo apt-get update && $sudo apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "tidemark: the packages could not be installed; the whole log is $log" >&2
    exit 1
fi
rm -f "$log"
