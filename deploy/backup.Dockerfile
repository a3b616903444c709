# The product's image with PostgreSQL's clients, which `plexus backup` runs: docker build -f deploy/backup.Dockerfile -t plexus-backup .
# The clients must not be older than the server. It has a shell, and runs nothing that anybody reaches.
ARG PLEXUS_IMAGE=plexus
ARG CLIENT_IMAGE=postgres:17-bookworm

FROM ${PLEXUS_IMAGE} AS plexus

FROM ${CLIENT_IMAGE}
COPY --from=plexus /usr/local/bin/node /usr/local/bin/node
COPY --from=plexus /app /app
COPY --from=plexus /usr/local/bin/plexus /usr/local/bin/plexus
RUN mkdir -p /backup /var/lib/plexus/media /run/plexus/secrets /run/plexus/store-secrets \
  && chown -R 65532:65532 /backup /var/lib/plexus /run/plexus
ENV NODE_ENV=production
USER 65532:65532
WORKDIR /backup
ENTRYPOINT ["/usr/local/bin/plexus"]
CMD ["--help"]
