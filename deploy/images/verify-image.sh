#!/bin/sh
# Checks a signature that sign-image.sh made, without a network: that it is by this key, and of this image.
#   verify-image.sh REFERENCE DIGEST PUBLIC_KEY FOLDER
set -eu
reference=$1 digest=$2 key=$3 folder=$4
repository=$(printf '%s' "$reference" | sed -E 's/@.*$//; s/:[^/:]*$//')
signature=$(mktemp)
trap 'rm -f "$signature"' EXIT
openssl base64 -d -A -in "$folder/payload.sig" -out "$signature"
openssl dgst -sha256 -verify "$key" -signature "$signature" "$folder/payload.json" >/dev/null 2>&1 \
  || { echo "the signature in $folder is not by this key, or was changed" >&2; exit 1; }
grep -Fq "\"docker-manifest-digest\":\"$digest\"" "$folder/payload.json" && grep -Fq "\"docker-reference\":\"$repository\"" "$folder/payload.json" \
  || { echo "the signature in $folder is of another image than $repository@$digest" >&2; exit 1; }
echo "$repository@$digest is signed by this key"
