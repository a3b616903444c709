#!/bin/sh
# Removes from an installed checkout what running it does not need: tests, type declarations, source maps, documents, sources of packages
# that carry their compiled form beside them.
set -eu
app=$1
find "$app/libs" "$app/services" "$app/cli" -path '*/node_modules' -prune -o -type f \( -name '*.test.ts' -o -name '*.bench.ts' \) -print0 | xargs -0 rm -f
rm -rf "$app/libs/testkit"
store=$app/node_modules/.pnpm
find "$store" -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' -o -name '*.markdown' \
  -o -name '*.flow' -o -name 'CHANGELOG*' -o -name '*.tsbuildinfo' \) -print0 | xargs -0 rm -f
find "$store" -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name examples -o -name benchmark -o -name benchmarks \) \
  -path '*/node_modules/*' -prune -print0 | xargs -0 rm -rf
# The package manager's own caches, and the build image's: not the application's.
rm -rf "$app/node_modules/.cache" /root/.npm /root/.cache /root/.local
