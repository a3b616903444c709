{{/* What all pods share: Pod Security "restricted" holds for every one without exception. */}}

{{/* dict user → of a pod. */}}
{{- define "plexus.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* Of a container, as a tree. */}}
{{- define "plexus.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* dict containers user → a list of containers given by values, with what Pod Security demands over what they say. */}}
{{- define "plexus.foreignContainers" -}}
{{- range .containers }}
{{- $security := merge (include "plexus.containerSecurity" $ | fromYaml) (dict "runAsUser" $.user "runAsGroup" $.user) (default dict .securityContext) }}
- {{ toYaml (merge (dict "securityContext" $security) .) | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* dict root settings service → where a pod goes and what it sees: the same knobs on every service. */}}
{{- define "plexus.placement" -}}
{{- $labels := include "plexus.selector" (dict "root" .root "component" .service) | fromYaml -}}
{{- with .settings -}}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml (merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" $labels) "matchLabelKeys" (list "pod-template-hash"))) | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "priorityClassName" "runtimeClassName" "schedulerName" "dnsPolicy" }}
{{- with index $.settings $key }}
{{ $key }}: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "plexus.imagePullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
