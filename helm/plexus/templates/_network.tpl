{{/* Rules of network policies. */}}

{{- define "plexus.egress.dns" -}}
- ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}

{{/* dict to ports → a rule; anywhere on these ports when `to` is empty. */}}
{{- define "plexus.egress.to" -}}
- ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ int . }} }
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* dict root component → the peer that is these pods of the release. */}}
{{- define "plexus.peer" -}}
- podSelector:
    matchLabels:
      {{- include "plexus.selector" . | nindent 6 }}
{{- end -}}

{{/* dict root store → the rule for one of postgres, nats, redis. */}}
{{- define "plexus.egress.store" -}}
{{- $port := index (dict "postgres" 5432 "nats" 4222 "redis" 6379) .store -}}
{{- if (index .root.Values.trial .store).enabled -}}
{{- include "plexus.egress.to" (dict "ports" (list $port) "to" (include "plexus.peer" (dict "root" .root "component" (printf "trial-%s" .store)) | fromYamlArray)) -}}
{{- else -}}
{{- include "plexus.egress.to" (dict "ports" (list (index .root.Values .store).port) "to" (index .root.Values.networkPolicy (printf "%sTo" .store))) -}}
{{- end -}}
{{- end -}}

{{/* The outside without what is inside: the product's own guard looks at every address too, this is the second fence. */}}
{{- define "plexus.egress.internet" -}}
{{- $four := list -}}
{{- $six := list -}}
{{- range .Values.networkPolicy.fencedRanges -}}
{{- if contains ":" . -}}
{{- $six = append $six . -}}
{{- else -}}
{{- $four = append $four . -}}
{{- end -}}
{{- end -}}
- to:
    - ipBlock: { cidr: 0.0.0.0/0, except: {{ toJson $four }} }
    - ipBlock: { cidr: "::/0", except: {{ toJson $six }} }
  ports:
    - { protocol: TCP, port: 1, endPort: 65535 }
{{- end -}}

{{/* root → the collector's port, 4318 where the URL names none. */}}
{{- define "plexus.collectorPort" -}}
{{- $authority := (urlParse .Values.config.tracing.otlpEndpoint).host -}}
{{- regexFind ":[0-9]+$" $authority | trimPrefix ":" | default (ternary "443" "80" (hasPrefix "https:" .Values.config.tracing.otlpEndpoint)) -}}
{{- end -}}
