#!/usr/bin/env bash
# libfloe_runtime.so needs only what a board has: no protobuf, no picture library, none of Floe's other libraries; and it
# leaves no symbol open that one of them would have to fill.
set -euo pipefail
library=$1

needed=$(readelf -d "$library" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
echo "$needed"
unwanted=$(grep -vE '^(libfmt|libxxhash|libstdc\+\+|libm|libgcc_s|libc|libpthread|ld-linux|lib[au]san|libtsan|libubsan)' <<< "$needed" || true)
if [[ -n $unwanted ]]; then
  echo "the runtime must not need: $unwanted"
  exit 1
fi
open=$(nm --dynamic --undefined-only --demangle "$library" | grep 'floe::' || true)
if [[ -n $open ]]; then
  echo "the runtime leaves open: $open"
  exit 1
fi
