#!/bin/sh
# main.sh FILE...: writes the table of fuzz targets: x_fuzz.c defines void x_fuzz(const uint8_t *data, size_t size).
echo '#include "fuzz.h"'
for file; do
    echo "void $(basename "$file" .c)(const uint8_t *data, size_t size);"
done
echo 'const struct fuzz_target fuzz_targets[] = {'
for file; do
    echo "    { \"$(basename "$file" _fuzz.c)\", $(basename "$file" .c) },"
done
echo '    { 0 },'
echo '};'
