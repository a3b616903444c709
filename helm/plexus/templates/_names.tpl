{{/* Names and labels. Every object of a service is called FULLNAME-SERVICE. */}}

{{- define "plexus.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* dict root component → the labels a selector may use: they never change. */}}
{{- define "plexus.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "plexus.labels" -}}
{{ include "plexus.selector" . }}
app.kubernetes.io/part-of: plexus
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* dict root component [suffix] [annotations] → metadata of an object. */}}
{{- define "plexus.metadata" -}}
name: {{ include "plexus.fullname" .root }}-{{ .component }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "plexus.labels" . | nindent 2 }}
  {{- with .podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "plexus.image" -}}
{{ include "plexus.imageOf" (dict "root" . "image" .Values.image) }}
{{- end -}}

{{/* dict root image → {repository, tag, digest} with the registry of all images before it. */}}
{{- define "plexus.imageOf" -}}
{{- $repository := include "plexus.fromRegistry" (dict "root" .root "image" .image.repository) -}}
{{- if .image.digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}
{{- end -}}

{{/* dict root image → an image's name below the registry of all images. */}}
{{- define "plexus.fromRegistry" -}}
{{ with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .image }}
{{- end -}}

{{/* The host of the server name, which may have a port. */}}
{{- define "plexus.serverHost" -}}
{{ regexReplaceAll ":[0-9]+$" .Values.serverName "" }}
{{- end -}}

{{- define "plexus.host" -}}
{{ .Values.host | default (include "plexus.serverHost" .) }}
{{- end -}}

{{- define "plexus.isFederating" -}}
{{ if ne (toString (dig "federation" "enabled" true .Values.config)) "false" }}true{{ end }}
{{- end -}}

{{/* root → the graph of what runs, as YAML: files/service-graph.yaml without federationapi where there is no federation, or one node of all. */}}
{{- define "plexus.graph" -}}
{{- $graph := .Files.Get "files/service-graph.yaml" | fromYaml -}}
{{- if not (include "plexus.isFederating" .) -}}
{{- $_ := unset $graph "federationapi" -}}
{{- range $graph -}}
{{- $_ := set . "asks" (dict "rpc" (without .asks.rpc "federationapi") "http" (without .asks.http "federationapi")) -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.processes "one" -}}
{{- $stores := list "postgres" "nats" -}}
{{- if include "plexus.hasRedis" . -}}
{{- $stores = append $stores "redis" -}}
{{- end -}}
{{- $outside := list -}}
{{- $mounts := list -}}
{{- range $graph -}}
{{- $outside = concat $outside .outside | uniq -}}
{{- $mounts = concat $mounts .mounts | uniq -}}
{{- end -}}
{{- $graph = dict "all" (dict "serves" (list "http" "rpc") "asks" (dict "rpc" list "http" list) "stores" $stores "outside" $outside "mounts" $mounts) -}}
{{- end -}}
{{ toYaml $graph }}
{{- end -}}

{{- define "plexus.hasRedis" -}}
{{ if or .Values.redis.url.value .Values.redis.url.existingSecret .Values.trial.redis.enabled }}true{{ end }}
{{- end -}}

{{/* The component that clients come in by. */}}
{{- define "plexus.entrance" -}}
{{ ternary "all" "gateway" (eq .Values.processes "one") }}
{{- end -}}

{{/* root → components that the cluster's gateway reaches without our own between, as JSON. */}}
{{- define "plexus.direct" -}}
{{- $direct := list -}}
{{- if and (eq .Values.processes "each") (or .Values.httpRoute.enabled .Values.ingress.enabled) -}}
{{- $direct = .Values.routes.direct -}}
{{- if not (include "plexus.isFederating" .) -}}
{{- $direct = without $direct "federationapi" -}}
{{- end -}}
{{- end -}}
{{ $direct | toJson }}
{{- end -}}

{{/* dict root [addresses] → families of a Service's addresses. */}}
{{- define "plexus.ipFamilies" -}}
{{- with .root.Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .root.Values.service.ipFamilies }}
ipFamilies: {{ toJson . }}
{{- end }}
{{- end -}}

{{/* What listeners bind to: both families where a Service may have an address of IPv6. */}}
{{- define "plexus.listenHost" -}}
{{- $isSix := or (has "IPv6" .Values.service.ipFamilies) (contains "DualStack" .Values.service.ipFamilyPolicy) -}}
{{ .Values.listenHost | default (ternary "::" "0.0.0.0" $isSix) }}
{{- end -}}

{{/* root → the components that are Deployments, as JSON. */}}
{{- define "plexus.workloads" -}}
{{ include "plexus.graph" . | fromYaml | keys | sortAlpha | toJson }}
{{- end -}}

{{/* dict root service → what `defaults` and the service's own section say together. */}}
{{- define "plexus.settings" -}}
{{- $own := index .root.Values .service -}}
{{ mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (default dict $own)) | toYaml }}
{{- end -}}
