{{/* What each key alone does not show. Every refusal is one sentence that begins with the key. */}}
{{- define "plexus.validate" -}}
{{- $values := .Values -}}
{{- if not .Values.serverName -}}
{{- fail "serverName: is missing; it is the part of every user id after the colon, for example example.org" -}}
{{- end -}}
{{- with .Values.postgres -}}
{{- if not $values.trial.postgres.enabled -}}
{{- if not (or .url.value .url.existingSecret .host) -}}
{{- fail "postgres: name a database by postgres.url or by postgres.host with user and password, or set trial.postgres.enabled" -}}
{{- end -}}
{{- if and .host (or .url.value .url.existingSecret) -}}
{{- fail "postgres.host: must not be given together with postgres.url" -}}
{{- end -}}
{{- if and .host (not (or .user.value .user.existingSecret)) -}}
{{- fail "postgres.user: is missing; give value or existingSecret beside postgres.host" -}}
{{- end -}}
{{- if and .host (not (or .password.value .password.existingSecret)) -}}
{{- fail "postgres.password: is missing; give value or existingSecret beside postgres.host" -}}
{{- end -}}
{{- else if or .url.value .url.existingSecret .host -}}
{{- fail "trial.postgres.enabled: must not be given together with an external database in postgres" -}}
{{- end -}}
{{- end -}}
{{- if and (not .Values.nats.servers) (not .Values.trial.nats.enabled) -}}
{{- fail "nats.servers: is missing; name a NATS with JetStream, or set trial.nats.enabled" -}}
{{- end -}}
{{- if and .Values.nats.servers .Values.trial.nats.enabled -}}
{{- fail "trial.nats.enabled: must not be given together with nats.servers" -}}
{{- end -}}
{{- with .Values.nats -}}
{{- if and (or .token.value .token.existingSecret) (or .user.value .user.existingSecret) -}}
{{- fail "nats.user: must not be given together with nats.token" -}}
{{- end -}}
{{- if and (or .user.value .user.existingSecret) (not (or .password.value .password.existingSecret)) -}}
{{- fail "nats.password: is missing; give value or existingSecret beside nats.user" -}}
{{- end -}}
{{- end -}}
{{- with .Values.redis.url -}}
{{- if not (or .value .existingSecret $values.trial.redis.enabled) -}}
{{- fail "redis.url: is missing; give value or existingSecret, or set trial.redis.enabled" -}}
{{- end -}}
{{- if and $values.trial.redis.enabled (or .value .existingSecret) -}}
{{- fail "trial.redis.enabled: must not be given together with redis.url" -}}
{{- end -}}
{{- end -}}
{{- range $key, $secret := dict "secrets.signingKey" .Values.secrets.signingKey "secrets.rpcToken" .Values.secrets.rpcToken "secrets.registrationSharedSecret" .Values.secrets.registrationSharedSecret "postgres.url" .Values.postgres.url "postgres.user" .Values.postgres.user "postgres.password" .Values.postgres.password "nats.token" .Values.nats.token "nats.user" .Values.nats.user "nats.password" .Values.nats.password "redis.url" .Values.redis.url "redis.password" .Values.redis.password -}}
{{- if and $secret.value $secret.existingSecret -}}
{{- fail (printf "%s: give value or existingSecret, not both" $key) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled .Values.ingress.enabled -}}
{{- fail "ingress.enabled: must not be given together with httpRoute.enabled; one of them routes" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs: is missing; name the Gateway that the routes attach to" -}}
{{- end -}}
{{- if and .Values.ingress.enabled .Values.ingress.tls.enabled (not .Values.ingress.tls.secretName) -}}
{{- fail "ingress.tls.secretName: is missing while ingress.tls.enabled is true" -}}
{{- end -}}
{{- if and .Values.federation.listener.enabled (not .Values.federation.listener.tlsSecret) -}}
{{- fail "federation.listener.tlsSecret: is missing while federation.listener.enabled is true" -}}
{{- end -}}
{{- if and .Values.federation.listener.enabled (not (dig "federation" "enabled" true .Values.config)) -}}
{{- fail "federation.listener.enabled: must not be true while config.federation.enabled is false" -}}
{{- end -}}
{{- if not .Values.secrets.generate -}}
{{- range include "plexus.generatedSecrets" . | fromJsonArray -}}
{{- fail (printf "secrets.generate: is false, and %s is given neither by value nor by existingSecret" .) -}}
{{- end -}}
{{- end -}}
{{- range $service, $graph := include "plexus.graph" . | fromYaml -}}
{{- $settings := include "plexus.settings" (dict "root" $ "service" $service) | fromYaml -}}
{{- include "plexus.validate.service" (dict "root" $ "service" $service "graph" $graph "settings" $settings) -}}
{{- end -}}
{{- include "plexus.validate.state" . -}}
{{- end -}}

{{- define "plexus.validate.service" -}}
{{- $service := .service -}}
{{- with .settings -}}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) -}}
{{- fail (printf "%s.autoscaling.minReplicas: must be at most autoscaling.maxReplicas" $service) -}}
{{- end -}}
{{- if and .autoscaling.enabled (not .autoscaling.cpuPercent) (not (and .autoscaling.usePodMetrics .autoscaling.podMetrics)) -}}
{{- fail (printf "%s.autoscaling.cpuPercent: must be more than 0 where no podMetrics are used: there is nothing to scale by" $service) -}}
{{- end -}}
{{- if lt (int .terminationGracePeriodSeconds) (add (int .drainSeconds) 20 | int) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds: must be at least drainSeconds and 20 more (%d)" $service (add (int .drainSeconds) 20)) -}}
{{- end -}}
{{- if and (eq (toString .strategy.maxSurge) "0") (eq (toString .strategy.maxUnavailable) "0") -}}
{{- fail (printf "%s.strategy.maxSurge: must not be 0 while strategy.maxUnavailable is 0" $service) -}}
{{- end -}}
{{- $most := int (ternary .autoscaling.maxReplicas .replicas .autoscaling.enabled) -}}
{{- with $.root.Values.media.persistence -}}
{{- if and (has "media" $.graph.mounts) (gt $most 1) (ne .accessMode "ReadWriteMany") -}}
{{- fail (printf "media.persistence.accessMode: must be ReadWriteMany for %d replicas of %s" $most $service) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The server name is part of every user id and event. helm template and Argo CD cannot look; the migration Job asks the database. */}}
{{- define "plexus.validate.state" -}}
{{- $state := lookup "v1" "ConfigMap" .Release.Namespace (printf "%s-state" (include "plexus.fullname" .)) -}}
{{- $settled := dig "data" "serverName" "" (default dict $state) -}}
{{- if and $settled (ne $settled .Values.serverName) -}}
{{- fail (printf "serverName: this release belongs to %s; the name cannot be changed, so install another release for %s" $settled .Values.serverName) -}}
{{- end -}}
{{- end -}}
