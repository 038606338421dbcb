{{/* What all pods have in common. Nothing of it is a value: an installation has no reason to be less safe. */}}

{{- define "lib.pod.security" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "lib.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "lib.pod.place" -}}
{{- with .Values.placement.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.placement.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.placement.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.placement.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "lib.pod.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "lib.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* Pods of what serves. The last seconds: leave the endpoints while still serving (preStop), say not-ready and go on answering (drain),
     then end what is under way, consumers and relay. */}}
{{- define "lib.pod.serving" -}}
{{- $stop := .Values.global.shutdown -}}
{{- if le (int $stop.withinSeconds) (int $stop.drainSeconds) }}{{ fail "global.shutdown.withinSeconds must be more than drainSeconds: the drain is part of it" }}{{ end -}}
{{- $files := include (printf "lib.files.%s" (include "lib.kind" .)) . -}}
serviceAccountName: {{ include "lib.name" . }}
terminationGracePeriodSeconds: {{ add $stop.preStopSeconds $stop.withinSeconds 5 }}
{{ include "lib.pod.security" . }}
{{- with include "lib.pod.place" . | trim }}{{ . | nindent 0 }}{{ end }}
{{- if ne (include "lib.kind" .) "single" }}
{{ include "lib.pod.spread" . }}
{{- end }}
containers:
  - name: {{ .Chart.Name }}
    image: {{ include "lib.image" (list . (include "lib.program" .) .Values.image.digest) | quote }}
    imagePullPolicy: {{ .Values.global.image.pullPolicy | quote }}
    {{- if eq (include "lib.kind" .) "single" }}
    args: [serve]
    {{- end }}
    envFrom:
      - configMapRef: {name: {{ include "lib.name" . }}}
    {{- with include "lib.env.references" . | trim }}
    env: {{- . | nindent 6 }}
    {{- end }}
    ports:
      - {name: http, containerPort: 8080, protocol: TCP}
    # Not ready before the store answers, which may take long: a restart would not make it shorter.
    startupProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 2
      failureThreshold: 300
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    # A store without a primary is every pod's: while it elects one, requests wait or are answered 503, which is better than no pod to ask.
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 5
      timeoutSeconds: 3
      failureThreshold: 6
    {{- if $stop.preStopSeconds }}
    lifecycle:
      preStop: {sleep: {seconds: {{ $stop.preStopSeconds }}}}
    {{- end }}
    resources: {{- toYaml .Values.resources | nindent 6 }}
    {{- include "lib.container.security" . | nindent 4 }}
    volumeMounts:
      {{- include "lib.mounts" $files | trim | nindent 6 }}
      {{- if eq (include "lib.kind" .) "single" }}
      - name: data
        mountPath: /data
      {{- end }}
volumes:
  {{- include "lib.volumes" $files | trim | nindent 2 }}
{{- end }}
