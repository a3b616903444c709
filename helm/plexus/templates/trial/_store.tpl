{{/* A store of one pod, to try the product out. dict root store image args env probe port data(mount path or "") size storageClassName volumes mounts */}}
{{- define "plexus.trialStore" -}}
{{- $component := printf "trial-%s" .store -}}
{{- $user := .root.Values.defaults.runAsUser -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "plexus.metadata" (dict "root" .root "component" $component) | nindent 2 }}
spec:
  clusterIP: None
  {{- include "plexus.ipFamilies" (dict "root" .root) | nindent 2 }}
  publishNotReadyAddresses: true
  selector:
    {{- include "plexus.selector" (dict "root" .root "component" $component) | nindent 4 }}
  ports:
    - { name: {{ .store }}, port: {{ .port }}, targetPort: {{ .store }} }
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "plexus.metadata" (dict "root" .root "component" $component) | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "plexus.metadata" (dict "root" .root "component" $component) | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "plexus.fullname" .root }}-{{ $component }}
  selector:
    matchLabels:
      {{- include "plexus.selector" (dict "root" .root "component" $component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "plexus.labels" (dict "root" .root "component" $component) | nindent 8 }}
      {{- with .checksum }}
      annotations:
        checksum/settings: {{ . | sha256sum }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "plexus.fullname" .root }}-{{ $component }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      securityContext:
        {{- include "plexus.podSecurity" (dict "user" $user) | nindent 8 }}
      {{- include "plexus.imagePullSecrets" .root | nindent 6 }}
      containers:
        - name: {{ .store }}
          image: {{ include "plexus.fromRegistry" (dict "root" .root "image" .image) | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- with .args }}
          args:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .env }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - { name: {{ .store }}, containerPort: {{ .port }} }
            {{- with .probePort }}
            - { name: probe, containerPort: {{ . }} }
            {{- end }}
          livenessProbe:
            tcpSocket: { port: {{ .store }} }
            periodSeconds: 20
            failureThreshold: 6
          readinessProbe:
            {{- toYaml .probe | nindent 12 }}
            periodSeconds: 5
          resources:
            {{- toYaml .root.Values.trial.resources | nindent 12 }}
          securityContext:
            {{- include "plexus.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            {{- if .data }}
            - { name: data, mountPath: {{ .data }} }
            {{- end }}
            {{- with .mounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 256Mi }
        {{- with .volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  {{- if .data }}
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests: { storage: {{ .size }} }
  {{- end }}
{{- end -}}
