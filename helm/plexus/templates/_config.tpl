{{/* The configuration file of one service. No secret is in it: those are files of their own beside it. */}}

{{- define "plexus.secretsFolder" -}}
/run/plexus/secrets
{{- end -}}

{{/* dict root service graph → the configuration as a tree (YAML). */}}
{{- define "plexus.config" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $fullname := include "plexus.fullname" .root -}}
{{- $host := include "plexus.host" .root -}}
{{- $folder := include "plexus.secretsFolder" . -}}
{{- $files := include "plexus.secretFiles" . | fromJsonArray -}}
{{- $settings := include "plexus.settings" . | fromYaml -}}
{{- $config := deepCopy $values.config -}}
{{- $own := dict "serverName" $values.serverName "signingKeyFile" (printf "%s/signing.key" $folder) -}}
{{- if not $config.publicBaseUrl -}}
{{- $_ := set $own "publicBaseUrl" (printf "https://%s" $host) -}}
{{- end -}}
{{- if $values.routes.admin -}}
{{- $_ := set $own "adminApi" true -}}
{{- end -}}
{{- if $settings.logLevel -}}
{{- $_ := set $own "logLevel" $settings.logLevel -}}
{{- end -}}
{{- $_ := set $own "postgres" (include "plexus.config.postgres" (dict "root" $root "graph" .graph "files" $files) | fromYaml) -}}
{{- $_ := set $own "nats" (include "plexus.config.nats" (dict "root" $root "graph" .graph "files" $files) | fromYaml) -}}
{{- if has "redis" .graph.stores -}}
{{- $_ := set $own "redis" (include "plexus.config.redis" (dict "root" $root "files" $files) | fromYaml) -}}
{{- end -}}
{{- $_ := set $own "media" (dict "directory" "/var/lib/plexus/media") -}}
{{- $_ := set $own "shutdown" (dict "drainMs" (mul 1000 (int $settings.drainSeconds))) -}}
{{- if has "rpc-token" $files -}}
{{- $_ := set $own "rpc" (dict "tokenFile" (printf "%s/rpc-token" $folder)) -}}
{{- end -}}
{{- if has "registration-shared-secret" $files -}}
{{- $_ := set $own "registration" (dict "sharedSecretFile" (printf "%s/registration-shared-secret" $folder)) -}}
{{- end -}}
{{- if has "appservices" .graph.mounts -}}
{{- $registrations := list -}}
{{- range $index, $_ := $values.secrets.appservices -}}
{{- $registrations = append $registrations (printf "/run/plexus/appservices/%d.yaml" $index) -}}
{{- end -}}
{{- $_ := set $own "appservices" $registrations -}}
{{- end -}}
{{- $isFederating := include "plexus.isFederating" $root -}}
{{- /* Services that nothing but our gateway reaches believe it, wherever in the cluster its pods are; it tells them one address, the client's. */ -}}
{{- if not (or (eq .service (include "plexus.entrance" $root)) (has .service (include "plexus.direct" $root | fromJsonArray))) -}}
{{- $_ := set $own "trustedProxies" (concat $values.config.trustedProxies $values.networkPolicy.podRanges | uniq) -}}
{{- end -}}
{{- $at := dict "host" (include "plexus.listenHost" $root) -}}
{{- $listen := dict "metrics" (merge (dict "port" 9090) $at) -}}
{{- range .graph.serves -}}
{{- $_ := set $listen . (merge (dict "port" (ternary 8080 8081 (eq . "http"))) $at) -}}
{{- end -}}
{{- if and (has .service (list "federationapi" "all")) $values.federation.listener.enabled $isFederating -}}
{{- $_ := set $listen "federation" (merge (dict "port" 8448) $at) -}}
{{- $_ := set $own "federation" (dict "tls" (dict "certificateFile" "/run/plexus/federation-tls/tls.crt" "keyFile" "/run/plexus/federation-tls/tls.key")) -}}
{{- end -}}
{{- $_ := set $own "listen" $listen -}}
{{- if and $isFederating (not (dig "wellKnown" "server" "" $config)) (or (ne $host $values.serverName) (not $values.federation.listener.enabled)) -}}
{{- $_ := set $own "wellKnown" (dict "server" (printf "%s:%d" $host (ternary 8448 443 $values.federation.listener.enabled))) -}}
{{- end -}}
{{- $peers := dict -}}
{{- range $peer, $_ := include "plexus.graph" $root | fromYaml -}}
{{- $addresses := dict -}}
{{- if has $peer $.graph.asks.rpc -}}
{{- $_ := set $addresses "rpc" (list (printf "%s-%s-pods:8081" $fullname $peer)) -}}
{{- end -}}
{{- if has $peer $.graph.asks.http -}}
{{- $_ := set $addresses "http" (list (printf "http://%s-%s-pods:8080" $fullname $peer)) -}}
{{- end -}}
{{- if $addresses -}}
{{- $_ := set $peers $peer (merge (dict "replicas" "dns") $addresses) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $own "services" $peers -}}
{{ mergeOverwrite $config $own | toYaml }}
{{- end -}}

{{/* A service without stores has addresses that lead nowhere: the file must name some, and the process opens none. */}}
{{- define "plexus.config.postgres" -}}
{{- $folder := include "plexus.secretsFolder" . -}}
{{- $fullname := include "plexus.fullname" .root -}}
{{- with .root.Values.postgres -}}
{{- if not (has "postgres" $.graph.stores) -}}
url: postgresql://none.invalid
{{- else if has "postgres-url" $.files -}}
urlFile: {{ $folder }}/postgres-url
maxConnections: {{ .maxConnections }}
{{- else if $.root.Values.trial.postgres.enabled -}}
url: postgresql://{{ $fullname }}-trial-postgres:5432/plexus
user: plexus
passwordFile: {{ $folder }}/postgres-password
maxConnections: {{ .maxConnections }}
{{- else -}}
url: postgresql://{{ .host }}:{{ .port }}/{{ .database }}{{ with .parameters }}?{{ . }}{{ end }}
userFile: {{ $folder }}/postgres-user
passwordFile: {{ $folder }}/postgres-password
maxConnections: {{ .maxConnections }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "plexus.config.nats" -}}
{{- $folder := include "plexus.secretsFolder" . -}}
{{- if not (has "nats" .graph.stores) -}}
servers: [nats://none.invalid]
{{- else -}}
{{- if .root.Values.trial.nats.enabled -}}
servers: [nats://{{ include "plexus.fullname" .root }}-trial-nats:4222]
{{- else -}}
servers: {{ toJson .root.Values.nats.servers }}
replicas: {{ .root.Values.nats.replicas }}
{{- end }}
{{- if has "nats-token" .files }}
tokenFile: {{ $folder }}/nats-token
{{- else if has "nats-user" .files }}
userFile: {{ $folder }}/nats-user
passwordFile: {{ $folder }}/nats-password
{{- end }}
{{- end -}}
{{- end -}}

{{- define "plexus.config.redis" -}}
{{- $folder := include "plexus.secretsFolder" . -}}
{{- if .root.Values.trial.redis.enabled -}}
url: redis://{{ include "plexus.fullname" .root }}-trial-redis:6379
{{- else -}}
urlFile: {{ $folder }}/redis-url
{{- end }}
{{- if has "redis-password" .files }}
passwordFile: {{ $folder }}/redis-password
{{- end }}
{{- end -}}
