{{/* What `helm test` runs: pods of the image bitacora. */}}

{{- define "bitacora.testLabels" -}}
app.kubernetes.io/name: bitacora-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/part-of: bitacora
{{- end }}

{{/* bitacora.walks: whether the scenario is walked: where clients are named and all is there that it walks through. */}}
{{- define "bitacora.walks" -}}
{{- $all := and .Values.asset.enabled .Values.workorder.enabled .Values.delivery.enabled .Values.status.enabled }}
{{- if and .Values.test.clientsSecret (or .Values.single.enabled $all) }}yes{{ end }}
{{- end }}

{{/* bitacora.pages: the part of the release that has the console, nothing where none has. */}}
{{- define "bitacora.pages" -}}
{{- if .Values.console.enabled }}console{{ else if and .Values.single.enabled .Values.global.console.url }}single{{ end }}
{{- end }}

{{/* bitacora.testPod: (list $ "part of its name" "container" arguments Secrets by the name of their folder in /etc/bitacora) */}}
{{- define "bitacora.testPod" -}}
{{- $ := index . 0 -}}
{{- $ca := $.Values.global.caBundle.existingConfigMap -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "lib.nameOf" (list $ (index . 1)) }}
  namespace: {{ $.Release.Namespace | quote }}
  labels: {{- include "bitacora.testLabels" $ | nindent 4 }}
  annotations: {{- include "lib.hook" (list "test" 0 "before-hook-creation") | nindent 4 }}
spec:
  restartPolicy: Never
  {{- include "lib.pod.security" $ | nindent 2 }}
  containers:
    - name: {{ index . 2 }}
      image: {{ include "lib.image" (list $ "bitacora" $.Values.test.image.digest) | quote }}
      imagePullPolicy: {{ $.Values.global.image.pullPolicy | quote }}
      args:
        {{- range index . 3 }}
        - {{ . | quote }}
        {{- end }}
      {{- if $ca }}
      env:
        - {name: SSL_CERT_DIR, value: /etc/bitacora/ca}
      {{- end }}
      resources:
        requests: {cpu: 50m, memory: 32Mi}
        limits: {cpu: "1", memory: 128Mi}
      {{- include "lib.container.security" $ | nindent 6 }}
      {{- if or $ca (index . 4) }}
      volumeMounts:
        {{- range $name, $_ := index . 4 }}
        - {name: {{ $name }}, mountPath: /etc/bitacora/{{ $name }}, readOnly: true}
        {{- end }}
        {{- if $ca }}
        - {name: ca, mountPath: /etc/bitacora/ca, readOnly: true}
        {{- end }}
  volumes:
    {{- range $name, $secret := index . 4 }}
    - name: {{ $name }}
      secret: {secretName: {{ $secret | quote }}, defaultMode: 0440}
    {{- end }}
    {{- with $ca }}
    - name: ca
      configMap: {name: {{ . | quote }}}
    {{- end }}
      {{- end }}
{{- end }}
