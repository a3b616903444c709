{{/* Where each secret is. Three ways: inline (Secret FULLNAME-inline), an existing Secret, or made by the Job (FULLNAME-generated). */}}

{{/* dict root given generated hook → {name, key} of the Secret, as JSON. `given` is {value, existingSecret, key}; `generated` the key under which it is made or
kept inline. Before a release exists its Secrets do not, so hooks have a copy of the inline one. */}}
{{- define "plexus.secretRef" -}}
{{- $fullname := include "plexus.fullname" .root -}}
{{- if .given.existingSecret -}}
{{ dict "name" .given.existingSecret "key" .given.key | toJson }}
{{- else if .given.value -}}
{{ dict "name" (printf "%s-inline%s" $fullname (ternary "-hook" "" (default false .hook))) "key" .generated | toJson }}
{{- else -}}
{{ dict "name" (printf "%s-generated" $fullname) "key" .generated | toJson }}
{{- end -}}
{{- end -}}

{{/* root → every secret that has a place, as JSON: name of its file in a pod → {value, existingSecret, key}. */}}
{{- define "plexus.givenSecrets" -}}
{{- $all := dict "signing.key" .Values.secrets.signingKey "rpc-token" .Values.secrets.rpcToken "registration-shared-secret" .Values.secrets.registrationSharedSecret -}}
{{- $made := dict "value" "" "existingSecret" "" "key" "" -}}
{{- with .Values.postgres -}}
{{- if $.Values.trial.postgres.enabled -}}
{{- $_ := set $all "postgres-password" $made -}}
{{- else if or .url.value .url.existingSecret -}}
{{- $_ := set $all "postgres-url" .url -}}
{{- else -}}
{{- $_ := set $all "postgres-user" .user -}}
{{- $_ := set $all "postgres-password" .password -}}
{{- end -}}
{{- end -}}
{{- with .Values.nats -}}
{{- if $.Values.trial.nats.enabled -}}
{{- $_ := set $all "nats-token" $made -}}
{{- else if or .token.value .token.existingSecret -}}
{{- $_ := set $all "nats-token" .token -}}
{{- else if or .user.value .user.existingSecret -}}
{{- $_ := set $all "nats-user" .user -}}
{{- $_ := set $all "nats-password" .password -}}
{{- end -}}
{{- end -}}
{{- with .Values.redis -}}
{{- if $.Values.trial.redis.enabled -}}
{{- $_ := set $all "redis-password" $made -}}
{{- else if include "plexus.hasRedis" $ -}}
{{- $_ := set $all "redis-url" .url -}}
{{- if or .password.value .password.existingSecret -}}
{{- $_ := set $all "redis-password" .password -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ $all | toJson }}
{{- end -}}

{{/* dict root service graph → the names of the files of secrets that a service gets, as JSON: no more than it needs. */}}
{{- define "plexus.secretFiles" -}}
{{- $files := list -}}
{{- $given := include "plexus.givenSecrets" .root | fromJson -}}
{{- range $file, $_ := $given -}}
{{- $store := index (splitList "-" $file) 0 -}}
{{- if has $store $.graph.stores -}}
{{- $files = append $files $file -}}
{{- end -}}
{{- end -}}
{{- if or (has "rpc" .graph.serves) .graph.asks.rpc -}}
{{- $files = append $files "rpc-token" -}}
{{- end -}}
{{- if has "signingKey" .graph.mounts -}}
{{- $files = append $files "signing.key" -}}
{{- end -}}
{{- if has .service (list "clientapi" "all") -}}
{{- $files = append $files "registration-shared-secret" -}}
{{- end -}}
{{ $files | toJson }}
{{- end -}}

{{/* dict root files hook → sources of a projected volume that holds these files. */}}
{{- define "plexus.secretSources" -}}
{{- $given := include "plexus.givenSecrets" .root | fromJson -}}
{{- range $file := .files }}
{{- $ref := include "plexus.secretRef" (dict "root" $.root "given" (index $given $file) "generated" $file "hook" $.hook) | fromJson }}
- secret:
    name: {{ $ref.name }}
    items:
      - key: {{ $ref.key | quote }}
        path: {{ $file }}
{{- end }}
{{- end -}}

{{/* root → the secrets given inline, file → value, as JSON. */}}
{{- define "plexus.inlineSecrets" -}}
{{- $inline := dict -}}
{{- range $file, $secret := include "plexus.givenSecrets" . | fromJson -}}
{{- if and $secret.value (not $secret.existingSecret) -}}
{{- $_ := set $inline $file $secret.value -}}
{{- end -}}
{{- end -}}
{{ $inline | toJson }}
{{- end -}}

{{/* root → the names of the secrets that the Job makes, as JSON. */}}
{{- define "plexus.generatedSecrets" -}}
{{- $names := list -}}
{{- range $file, $secret := include "plexus.givenSecrets" . | fromJson -}}
{{- if not (or $secret.value $secret.existingSecret) -}}
{{- $names = append $names $file -}}
{{- end -}}
{{- end -}}
{{ $names | toJson }}
{{- end -}}
