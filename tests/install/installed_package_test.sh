#!/usr/bin/env bash
# Installs the build, builds examples/classify against nothing else, and runs it.
set -euo pipefail
cmake=$1 build=$2 source=$3

work=$build/install_test
prefix=$work/prefix
rm -rf "$work"
mkdir -p "$work"

"$cmake" --install "$build" --prefix "$prefix" > "$work/install.log"

# Each public header must compile alone, with nothing but the compiler's own headers.
for header in "$prefix"/include/floe/*.h; do
  [[ $header == *_inl.h ]] && continue
  "${CXX:-c++}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -x c++ -I "$prefix/include" "$header" 2> "$work/header.log" ||
    { grep -v 'pragma once in main file' "$work/header.log"; echo "$header does not stand alone"; exit 1; }
done

"$cmake" -G Ninja -S "$source/examples/classify" -B "$work/classify" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release \
  > "$work/configure.log"
"$cmake" --build "$work/classify" > "$work/build.log" || { cat "$work/build.log"; exit 1; }
classify=$work/classify/classify

for help in share/man/man1/floe.1 share/bash-completion/completions/floe share/zsh/site-functions/_floe; do
  [[ -s $prefix/$help ]] || { echo "$help is missing or empty"; exit 1; }
done

code=0
"$classify" "$work/no.floe" photo.jpg 2> "$work/missing.log" || code=$?
if [[ $code -ne 3 ]] || ! grep -q 'no.floe' "$work/missing.log"; then
  echo "a missing engine: expected exit code 3 and its name, found $code and: $(cat "$work/missing.log")"
  exit 1
fi

model=$(ls "$source"/../shared/models/derived_imagenet_pb/mobilenet_v1_0.25*.pb 2> /dev/null | head -1 || true)
if [[ -z $model ]]; then
  echo "no model at ../shared/models: the example was built but not run"
  exit 0
fi
"$prefix/bin/floe" build "$model" --input input=1x224x224x3 --output MobilenetV1/Predictions/Reshape_1 \
  --preprocess inception -o "$work/model.floe" --timing-cache "$work/timing.json" -q
"$classify" "$work/model.floe" "$source/../shared/images/broccoli.jpg" | tee "$work/classes.txt"
# Class 938 is broccoli where class 0 is the background.
sed -n 2p "$work/classes.txt" | grep -q '^ *938 '
