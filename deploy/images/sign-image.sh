#!/bin/sh
# Signs an image of a release in the form of cosign (simple signing, ECDSA P-256 over SHA-256), with openssl alone.
#   sign-image.sh REFERENCE DIGEST KEY FOLDER
# REFERENCE: registry.example.org/plexus:1.0.0; DIGEST: sha256:… of its manifest, as the registry answered the push (of an image that was not
# pushed, its id); KEY: private key, PEM; FOLDER: gets payload.json and payload.sig (base64), which `cosign attach signature` takes.
set -eu
reference=$1 digest=$2 key=$3 folder=$4
printf '%s' "$digest" | grep -Eq '^sha256:[0-9a-f]{64}$' || { echo "$digest is no digest" >&2; exit 2; }
repository=$(printf '%s' "$reference" | sed -E 's/@.*$//; s/:[^/:]*$//')
mkdir -p "$folder"
printf '{"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}' \
  "$repository" "$digest" >"$folder/payload.json"
openssl dgst -sha256 -sign "$key" "$folder/payload.json" | openssl base64 -A >"$folder/payload.sig"
echo "$folder holds the signature of $repository@$digest"
