{{/* The one template of every service's pods. dict root service graph settings */}}
{{- define "plexus.podTemplate" -}}
{{- $root := .root -}}
{{- $settings := .settings -}}
{{- $fullname := include "plexus.fullname" .root -}}
{{- $files := include "plexus.secretFiles" . | fromJsonArray -}}
{{- $isListening := and (has .service (list "federationapi" "all")) .root.Values.federation.listener.enabled -}}
metadata:
  labels:
    {{- include "plexus.labels" (dict "root" .root "component" .service) | nindent 4 }}
    {{- with $settings.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "plexus.config" . | sha256sum }}
    checksum/inline-secrets: {{ include "plexus.inlineSecrets" .root | sha256sum }}
    {{- with $settings.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ $settings.serviceAccountName | default (printf "%s-%s" $fullname .service) }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $settings.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "plexus.podSecurity" (dict "user" $settings.runAsUser) | nindent 4 }}
  {{- include "plexus.imagePullSecrets" .root | nindent 2 }}
  {{- include "plexus.placement" . | nindent 2 }}
  {{- $isMigrating := and .root.Values.trial.postgres.enabled (has "postgres" .graph.stores) }}
  {{- if or $isMigrating $settings.extraInitContainers }}
  initContainers:
    {{- if $isMigrating }}
    {{- /* The trial database comes with the release, too late for a hook of its installation. */}}
    - name: migrate
      args: [migrate, --wait, "300", --config, /etc/plexus/config.yaml]
      {{- include "plexus.container" . | nindent 6 }}
    {{- end }}
    {{- include "plexus.foreignContainers" (dict "containers" $settings.extraInitContainers "user" $settings.runAsUser) | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .service }}
      args: [run, {{ .service }}, --config, /etc/plexus/config.yaml]
      {{- with $settings.preStop }}
      lifecycle:
        preStop:
          {{- toYaml . | nindent 10 }}
      {{- end }}
      ports:
        {{- range .graph.serves }}
        - { name: {{ . }}, containerPort: {{ ternary 8080 8081 (eq . "http") }} }
        {{- end }}
        - { name: metrics, containerPort: 9090 }
        {{- if $isListening }}
        - { name: federation, containerPort: 8448 }
        {{- end }}
      {{- range $probe, $path := dict "startupProbe" "live" "livenessProbe" "live" "readinessProbe" "ready" }}
      {{ $probe }}:
        httpGet: { path: /health/{{ $path }}, port: metrics }
        {{- toYaml (index $settings.probes (trimSuffix "Probe" $probe)) | nindent 8 }}
      {{- end }}
      {{- include "plexus.container" . | nindent 6 }}
    {{- include "plexus.foreignContainers" (dict "containers" $settings.extraContainers "user" $settings.runAsUser) | nindent 4 }}
  volumes:
    - name: config
      configMap: { name: {{ $fullname }}-{{ .service }} }
    - name: tmp
      emptyDir: { sizeLimit: 512Mi }
    {{- if $files }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- include "plexus.secretSources" (dict "root" .root "files" $files "hook" false) | nindent 10 }}
    {{- end }}
    {{- if has "media" .graph.mounts }}
    - name: media
      persistentVolumeClaim: { claimName: {{ default (printf "%s-media" $fullname) .root.Values.media.persistence.existingClaim }} }
    {{- end }}
    {{- if and (has "appservices" .graph.mounts) .root.Values.secrets.appservices }}
    - name: appservices
      projected:
        defaultMode: 0440
        sources:
          {{- range $index, $registration := .root.Values.secrets.appservices }}
          - secret:
              name: {{ $registration.name }}
              items: [{ key: {{ $registration.key | quote }}, path: "{{ $index }}.yaml" }]
          {{- end }}
    {{- end }}
    {{- if $isListening }}
    - name: federation-tls
      secret: { secretName: {{ .root.Values.federation.listener.tlsSecret }}, defaultMode: 0440 }
    {{- end }}
    {{- with $settings.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* What a container of our image has, whichever command it runs. */}}
{{- define "plexus.container" -}}
image: {{ include "plexus.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- if or .settings.nodeOptions .settings.extraEnv }}
env:
  {{- with .settings.nodeOptions }}
  - { name: NODE_OPTIONS, value: {{ . | quote }} }
  {{- end }}
  {{- with .settings.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with .settings.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .settings.resources | nindent 2 }}
securityContext:
  {{- include "plexus.containerSecurity" . | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/plexus, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- if include "plexus.secretFiles" . | fromJsonArray }}
  - { name: secrets, mountPath: {{ include "plexus.secretsFolder" . }}, readOnly: true }
  {{- end }}
  {{- if has "media" .graph.mounts }}
  - { name: media, mountPath: /var/lib/plexus/media }
  {{- end }}
  {{- if and (has "appservices" .graph.mounts) .root.Values.secrets.appservices }}
  - { name: appservices, mountPath: /run/plexus/appservices, readOnly: true }
  {{- end }}
  {{- if and (has .service (list "federationapi" "all")) .root.Values.federation.listener.enabled }}
  - { name: federation-tls, mountPath: /run/plexus/federation-tls, readOnly: true }
  {{- end }}
  {{- with .settings.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* dict root graph → "true" where the pods hold a volume that only one node, or one pod, can have. */}}
{{- define "plexus.holdsVolumeAlone" -}}
{{ if and (has "media" .graph.mounts) (ne .root.Values.media.persistence.accessMode "ReadWriteMany") }}true{{ end }}
{{- end -}}
