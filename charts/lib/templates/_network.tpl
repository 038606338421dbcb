{{- define "lib.k8sservice" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "lib.meta" . | nindent 2 }}
  {{- with .Values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.service.type | quote }}
  selector: {{- include "lib.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
      {{- if and (eq .Values.service.type "NodePort") .Values.service.nodePort }}
      nodePort: {{ .Values.service.nodePort }}
      {{- end }}
{{- end }}

{{/* The paths of a service are the program's, hence said by its chart in "<chart>.paths", not by values. */}}
{{- define "lib.paths" -}}
{{ include (printf "%s.paths" .Chart.Name) . }}
{{- end }}

{{- define "lib.ingress" -}}
{{- $name := include "lib.name" . -}}
{{- with .Values.global.ingress -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "lib.meta" $ | nindent 2 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .className }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  {{- if .tlsSecret }}
  tls:
    - {hosts: [{{ .host | quote }}], secretName: {{ .tlsSecret | quote }}}
  {{- end }}
  rules:
    - host: {{ required "global.ingress.host is needed where ingress is on" .host | quote }}
      http:
        paths:
          {{- range fromYamlArray (include "lib.paths" $) }}
          - path: {{ . }}
            pathType: Prefix
            backend: {service: {name: {{ $name }}, port: {name: http}}}
          {{- end }}
{{- end }}
{{- end }}

{{- define "lib.httproute" -}}
{{- $name := include "lib.name" . -}}
{{- with .Values.global.httpRoute -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{- include "lib.meta" $ | nindent 2 }}
spec:
  {{- if not .parentRefs }}{{ fail "global.httpRoute.parentRefs is needed where httpRoute is on" }}{{ end }}
  parentRefs: {{- toYaml .parentRefs | nindent 4 }}
  {{- with .hostnames }}
  hostnames: {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        {{- range fromYamlArray (include "lib.paths" $) }}
        - path: {type: PathPrefix, value: {{ . }}}
        {{- end }}
      backendRefs:
        - {name: {{ $name }}, port: 80}
{{- end }}
{{- end }}

{{/* In: who is named, the release's own test, and to a service the release's console. Out: name resolution, the ports of the store, the broker
     and the provider, and from the console the release's services. */}}
{{- define "lib.networkpolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "lib.meta" . | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{- include "lib.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name | quote }}, app.kubernetes.io/name: bitacora-test}}
        {{- if eq (include "lib.kind" .) "service" }}
        - podSelector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name | quote }}, app.kubernetes.io/name: console}}
        {{- end }}
        {{- with .Values.global.networkPolicy.admit }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports: [{port: http, protocol: TCP}]
  {{- include "lib.egress" . | nindent 2 }}
  {{- if eq (include "lib.kind" .) "console" }}
  {{- include "lib.egressWithin" . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* lib.egressWithin: one more rule, out to the release's own pods. */}}
{{- define "lib.egressWithin" -}}
- to:
    - podSelector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name | quote }}, app.kubernetes.io/part-of: bitacora}}
  ports: [{port: 8080, protocol: TCP}]
{{- end }}

{{/* The migration runs before the release's policies are there, and may meet one that refuses everything: it brings its own. Helm deletes
     what has succeeded only when all hooks of an install or upgrade are over, or one has failed: not before the Job ends. */}}
{{- define "lib.migratepolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "lib.name" . }}-migrate
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "lib.migrateLabels" . | nindent 4 }}
  annotations: {{- include "lib.hook" (list "pre-install,pre-upgrade,pre-delete" -1 "before-hook-creation,hook-succeeded") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "lib.migrateLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- include "lib.egress" . | nindent 2 }}
{{- end }}

{{- define "lib.egress" -}}
egress:
  - ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
  - ports:
      {{- range required "global.networkPolicy.egressPorts is needed: a rule without ports lets everything out" .Values.global.networkPolicy.egressPorts }}
      - {port: {{ . }}, protocol: TCP}
      {{- end }}
    {{- with .Values.global.networkPolicy.egressTo }}
    to: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
