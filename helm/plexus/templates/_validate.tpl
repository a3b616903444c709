{{/* What each key alone does not show. Every refusal is one sentence that begins with the key. */}}
{{- define "plexus.validate" -}}
{{- $values := .Values -}}
{{- if not .Values.serverName -}}
{{- fail "serverName: is missing; it is the part of every user id after the colon, for example example.org" -}}
{{- end -}}
{{- if not (regexMatch "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$" .Values.serverName) -}}
{{- fail (printf "serverName: %q is no server name; it is a host in lower case, and perhaps a port, without https:// and without a path: for example example.org" .Values.serverName) -}}
{{- end -}}
{{- $hostPattern := "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$" -}}
{{- if and .Values.host (not (regexMatch $hostPattern .Values.host)) -}}
{{- fail (printf "host: %q is no host name; it is a name in lower case without https://, port and path: for example matrix.example.org" .Values.host) -}}
{{- end -}}
{{- if and (or .Values.httpRoute.enabled .Values.ingress.enabled) (or (not (regexMatch $hostPattern (include "plexus.host" .))) (regexMatch "^[0-9.]+$" (include "plexus.host" .))) -}}
{{- fail "host: is missing; serverName is an address, and routes need a name" -}}
{{- end -}}
{{- range $key, $size := dict "media.persistence.size" .Values.media.persistence.size "trial.postgres.size" .Values.trial.postgres.size "trial.nats.size" .Values.trial.nats.size "backup.persistence.size" .Values.backup.persistence.size -}}
{{- if not (regexMatch "^[1-9][0-9]*(\\.[0-9]+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$" $size) -}}
{{- fail (printf "%s: %q is no size; it is a number with a unit, for example 50Gi" $key $size) -}}
{{- end -}}
{{- end -}}
{{- $resources := dict "trial.resources" .Values.trial.resources "backup.resources" .Values.backup.resources "defaults.resources" .Values.defaults.resources -}}
{{- range $key, $of := $resources -}}
{{- include "plexus.validate.resources" (dict "key" $key "resources" $of) -}}
{{- end -}}
{{- range $class := list .Values.media.persistence.storageClassName .Values.trial.postgres.storageClassName .Values.trial.nats.storageClassName .Values.backup.persistence.storageClassName -}}
{{- if and $class (not (regexMatch "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" $class)) -}}
{{- fail (printf "storageClassName: %q is no name of a storage class" $class) -}}
{{- end -}}
{{- end -}}
{{- range $index, $range := .Values.config.trustedProxies -}}
{{- if not (regexMatch "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$" $range) -}}
{{- fail (printf "config.trustedProxies[%d]: %q is neither an address nor a range such as 10.42.0.0/16" $index $range) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.service.nodePort (eq .Values.service.type "ClusterIP") -}}
{{- fail "service.nodePort: has no effect while service.type is ClusterIP" -}}
{{- end -}}
{{- if and (eq (len .Values.service.ipFamilies) 2) (not (contains "DualStack" .Values.service.ipFamilyPolicy)) -}}
{{- fail "service.ipFamilyPolicy: must be PreferDualStack or RequireDualStack for two ipFamilies" -}}
{{- end -}}
{{- if and (eq .Values.listenHost "0.0.0.0") (or (has "IPv6" .Values.service.ipFamilies) (contains "DualStack" .Values.service.ipFamilyPolicy)) -}}
{{- fail "listenHost: must be :: or empty where Services have addresses of IPv6" -}}
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
{{- if not (or .value .existingSecret $values.trial.redis.enabled (eq $values.processes "one")) -}}
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
{{- if and .Values.federation.listener.enabled (not (include "plexus.isFederating" .)) -}}
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
{{- include "plexus.validate.resources" (dict "key" (printf "%s.resources" $service) "resources" .settings.resources) -}}
{{- with .settings -}}
{{- if lt (int .replicas) 1 -}}
{{- fail (printf "%s.replicas: must be at least 1; without a pod of %s the server does not work" $service $service) -}}
{{- end -}}
{{- if and (eq $service "all") (or (gt (int .replicas) 1) .autoscaling.enabled) -}}
{{- fail "all.replicas: must be 1; for more pods set processes to each" -}}
{{- end -}}
{{- if and .podDisruptionBudget.enabled (not (regexMatch "^([1-9][0-9]*|(100|[1-9][0-9]?)%)$" (toString .podDisruptionBudget.maxUnavailable))) -}}
{{- fail (printf "%s.podDisruptionBudget.maxUnavailable: must be at least 1 or 1%%; else no node with a pod of %s can ever be drained" $service $service) -}}
{{- end -}}
{{- if and .preStop (not (or .preStop.exec .preStop.httpGet .preStop.sleep)) -}}
{{- fail (printf "%s.preStop: must hold exec, httpGet or sleep" $service) -}}
{{- end -}}
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

{{/* dict key resources */}}
{{- define "plexus.validate.resources" -}}
{{- range $kind, $amounts := .resources -}}
{{- if not (has $kind (list "requests" "limits" "claims")) -}}
{{- fail (printf "%s.%s: there is no such key; there are requests and limits" $.key $kind) -}}
{{- end -}}
{{- if kindIs "map" $amounts -}}
{{- range $name, $amount := $amounts -}}
{{- if not (regexMatch "^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$" (toString $amount)) -}}
{{- fail (printf "%s.%s.%s: %q is no quantity; it is a number, perhaps with a unit, for example 500m or 1Gi" $.key $kind $name (toString $amount)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
