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
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "plexus.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The host of the server name, which may have a port. */}}
{{- define "plexus.serverHost" -}}
{{ regexReplaceAll ":[0-9]+$" .Values.serverName "" }}
{{- end -}}

{{- define "plexus.host" -}}
{{ .Values.host | default (include "plexus.serverHost" .) }}
{{- end -}}

{{/* The graph of services: see files/service-graph.yaml. */}}
{{- define "plexus.graph" -}}
{{ .Files.Get "files/service-graph.yaml" }}
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
