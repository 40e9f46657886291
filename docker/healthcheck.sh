#!/bin/sh
# Healthy: the admin listener says that the store, the catalogue and a provider are there.
exec curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:${TOLLGATE_ADMIN_PORT:-9090}/readyz"
